-- Entities of which a hop does not look at everything.
-- params: entities (JSON array of ids), most
-- returns: pk
SELECT x.pk FROM json_each(:entities) AS w CROSS JOIN entity AS x ON x.id = w.value WHERE x.degree > :most
