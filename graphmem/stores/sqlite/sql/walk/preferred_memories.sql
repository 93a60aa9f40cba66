-- The visible ones among preferred memories that mention some entity.
-- params: entities (JSON array of ids), prefer (JSON array of ids)
-- returns: entity (id), pk, created_at, id
-- where: visible
SELECT x.id AS entity, m.pk, m.created_at, m.id
FROM json_each(:prefer) AS w
CROSS JOIN memory AS m ON m.id = w.value
CROSS JOIN mention AS n ON n.memory = m.pk AND +n.first = 1
CROSS JOIN entity AS x ON x.pk = n.entity
WHERE x.id IN (SELECT value FROM json_each(:entities)) AND true /*where visible*/
