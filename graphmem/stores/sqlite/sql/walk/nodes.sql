-- What entities are called, and how many memories mention them.
-- params: pks (JSON array)
-- returns: pk, id, name, type, degree
SELECT e.pk, e.id, e.name, e.type, e.degree FROM json_each(:pks) AS w CROSS JOIN entity AS e ON e.pk = w.value
