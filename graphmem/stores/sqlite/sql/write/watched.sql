-- The revisions of watched ids, of whatever kind.
-- params: partition, ids (JSON array)
-- returns: id, revision
SELECT t.id, t.revision FROM json_each(:ids) AS w
CROSS JOIN memory AS t ON t.id = w.value AND +t.partition = :partition
UNION ALL
SELECT t.id, t.revision FROM json_each(:ids) AS w
CROSS JOIN entity AS t ON t.id = w.value AND +t.partition = :partition
UNION ALL
SELECT t.id, t.revision FROM json_each(:ids) AS w
CROSS JOIN relation AS t ON t.id = w.value AND +t.partition = :partition
UNION ALL
SELECT t.id, t.revision FROM json_each(:ids) AS w
CROSS JOIN episode AS t ON t.id = w.value AND +t.partition = :partition
