-- The history of some memories.
-- params: ids (JSON array)
-- returns: id, memory_id, event, at, reason, by, old_text, new_text, state
SELECT v.id, v.memory_id, v.event, v.at, v.reason, v.by, v.old_text, v.new_text, v.state
FROM json_each(:ids) AS w CROSS JOIN revision AS v ON v.memory_id = w.value
ORDER BY v.pk
