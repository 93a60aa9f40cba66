-- The entities that a hop begins at.
-- params: entities (JSON array of ids)
-- returns: pk, id, name, type, degree
SELECT x.pk, x.id, x.name, x.type, x.degree FROM json_each(:entities) AS w CROSS JOIN entity AS x ON x.id = w.value
