-- What a partition's history keeps of memories that are gone.
-- params: partition
-- returns: id, memory_id, event, at, reason, by, old_text, new_text, state
SELECT v.id, v.memory_id, v.event, v.at, v.reason, v.by, v.old_text, v.new_text, v.state
FROM revision AS v
WHERE v.partition = :partition AND NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = v.memory_id)
ORDER BY v.pk
