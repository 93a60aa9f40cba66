-- Where ids are in use.
-- params: memories (JSON array of ids), entities (likewise), relations, episodes
-- returns: kind, id, pk, partition
SELECT 'memory' AS kind, t.id, t.pk, t.partition
FROM json_each(:memories) AS w CROSS JOIN memory AS t ON t.id = w.value
UNION ALL
SELECT 'entity', t.id, t.pk, t.partition
FROM json_each(:entities) AS w CROSS JOIN entity AS t ON t.id = w.value
UNION ALL
SELECT 'relation', t.id, t.pk, t.partition
FROM json_each(:relations) AS w CROSS JOIN relation AS t ON t.id = w.value
UNION ALL
SELECT 'episode', t.id, t.pk, t.partition
FROM json_each(:episodes) AS w CROSS JOIN episode AS t ON t.id = w.value
