-- The stored part of some entities.
-- params: pks (JSON array)
-- returns: pk, id, name, type, degree, revision
SELECT e.pk, e.id, e.name, e.type, e.degree, e.revision
FROM json_each(:pks) AS w CROSS JOIN entity AS e ON e.pk = w.value
