-- Those among some entities to which no relation refers any longer.
-- params: pks (JSON array)
-- returns: pk
SELECT w.value AS pk FROM json_each(:pks) AS w
WHERE NOT EXISTS (SELECT 1 FROM endpoint AS h WHERE h.entity = w.value)
