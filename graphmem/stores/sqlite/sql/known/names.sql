-- Entities of a partition by the folded names in use for them.
-- params: partition, names (JSON array)
-- returns: key, entity
SELECT DISTINCT n.key, n.entity
FROM json_each(:names) AS w CROSS JOIN entity_use AS n ON n.key = w.value AND n.partition = :partition
