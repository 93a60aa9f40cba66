-- Memories of a partition by id.
-- params: partition, ids (JSON array)
-- returns: pk, id
SELECT m.pk, m.id FROM json_each(:ids) AS w CROSS JOIN memory AS m ON m.id = w.value WHERE +m.partition = :partition
