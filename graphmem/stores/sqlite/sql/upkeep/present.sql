-- The present revisions of ids that belong into the index.
-- params: memories (JSON array of ids), relations (likewise), entities
-- returns: kind, id, revision, project
SELECT 'memory' AS kind, t.id, t.revision, p.project
FROM json_each(:memories) AS w CROSS JOIN memory AS t ON t.id = w.value CROSS JOIN partition AS p ON p.pk = t.partition
UNION ALL
SELECT 'relation', t.id, t.revision, p.project
FROM json_each(:relations) AS w CROSS JOIN relation AS t ON t.id = w.value
CROSS JOIN partition AS p ON p.pk = t.partition
UNION ALL
SELECT 'entity', t.id, t.revision, p.project
FROM json_each(:entities) AS w CROSS JOIN entity AS t ON t.id = w.value CROSS JOIN partition AS p ON p.pk = t.partition
