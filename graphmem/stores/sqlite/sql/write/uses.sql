-- The names and types that mentions use for some entities.
-- params: pks (JSON array)
-- returns: entity, kind (name or type), value, count
SELECT n.entity, n.kind, n.value, n.count FROM json_each(:pks) AS w CROSS JOIN entity_use AS n ON n.entity = w.value
