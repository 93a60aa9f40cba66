-- What hangs on memories: mentions in their order, relations they state, episodes they came from.
-- params: pks (JSON array)
-- returns: memory, kind, id, name, type
SELECT n.memory, 'entity' AS kind, e.id, n.name, n.type
FROM json_each(:pks) AS w CROSS JOIN mention AS n ON n.memory = w.value CROSS JOIN entity AS e ON e.pk = n.entity
UNION ALL
SELECT s.memory, 'relation', r.id, NULL, NULL
FROM json_each(:pks) AS w CROSS JOIN states AS s ON s.memory = w.value CROSS JOIN relation AS r ON r.pk = s.relation
UNION ALL
SELECT o.memory, 'episode', x.id, NULL, NULL
FROM json_each(:pks) AS w CROSS JOIN source AS o ON o.memory = w.value CROSS JOIN episode AS x ON x.pk = o.episode
