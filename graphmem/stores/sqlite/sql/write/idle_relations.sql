-- Those among some relations that no memory states any longer.
-- params: pks (JSON array)
-- returns: pk, id
SELECT r.pk, r.id FROM json_each(:pks) AS w CROSS JOIN relation AS r ON r.pk = w.value
WHERE NOT EXISTS (SELECT 1 FROM states AS s WHERE s.relation = r.pk)
