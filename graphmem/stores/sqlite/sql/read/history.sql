-- The revisions of a memory and of all that it superseded, directly or not.
-- params: project, id
-- returns: id, memory_id, event, at, reason, by, old_text, new_text, state
WITH RECURSIVE chain (id) AS (
    SELECT :id
    UNION
    SELECT m.id FROM chain CROSS JOIN memory AS m ON m.superseded_by = chain.id
)
SELECT v.id, v.memory_id, v.event, v.at, v.reason, v.by, v.old_text, v.new_text, v.state
FROM chain
CROSS JOIN revision AS v ON v.memory_id = chain.id
CROSS JOIN partition AS p ON p.pk = v.partition
WHERE p.project = :project
ORDER BY v.at, v.pk
