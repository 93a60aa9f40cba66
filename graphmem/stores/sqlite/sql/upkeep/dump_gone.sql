-- What history keeps of memories that are gone, by partition.
-- params: none
-- returns: partition, id, memory_id, event, at, reason, by, old_text, new_text, state
SELECT v.partition, v.id, v.memory_id, v.event, v.at, v.reason, v.by, v.old_text, v.new_text, v.state
FROM revision AS v WHERE NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = v.memory_id)
ORDER BY v.partition, v.pk
