-- What hangs on some memories: how often each names an entity, and which relations they state.
-- params: pks (JSON array)
-- returns: memory, entity, name, type, relation
SELECT n.memory, n.entity, n.name, n.type, NULL AS relation
FROM json_each(:pks) AS w CROSS JOIN mention AS n ON n.memory = w.value
UNION ALL
SELECT s.memory, NULL, NULL, NULL, s.relation
FROM json_each(:pks) AS w CROSS JOIN states AS s ON s.memory = w.value
