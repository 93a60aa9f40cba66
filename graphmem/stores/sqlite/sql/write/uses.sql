-- The names and types that mentions use for some entities.
-- params: pks (JSON array)
-- returns: entity, kind (name or type), value, count
SELECT n.entity, 'name' AS kind, n.name AS value, n.count
FROM json_each(:pks) AS w CROSS JOIN entity_name AS n ON n.entity = w.value
UNION ALL
SELECT t.entity, 'type', t.type, t.count
FROM json_each(:pks) AS w CROSS JOIN entity_type AS t ON t.entity = w.value
