-- The visible memories of each entity, of a hub the newest, and all that each of them mentions.
-- params: entities (JSON array of ids), cap
-- returns: entity (pk, of the frontier), created_at, memory (id), mentioned (id of an entity), name, type, degree (its)
-- where: visible
SELECT x.pk AS entity, m.created_at, m.id AS memory, e.id AS mentioned, e.name, e.type, e.degree
FROM json_each(:entities) AS w
CROSS JOIN entity AS x ON x.id = w.value AND x.degree <= :cap
CROSS JOIN mention AS n ON n.entity = x.pk AND n.first = 1
CROSS JOIN memory AS m ON m.pk = n.memory
CROSS JOIN mention AS o ON o.memory = m.pk AND +o.first = 1
CROSS JOIN entity AS e ON e.pk = o.entity
WHERE true /*where visible*/
UNION ALL
SELECT x.pk, t.created_at, t.id, e.id, e.name, e.type, e.degree
FROM json_each(:entities) AS w
CROSS JOIN entity AS x ON x.id = w.value AND x.degree > :cap
CROSS JOIN memory AS t ON t.pk IN (
    SELECT n.memory FROM mention AS n CROSS JOIN memory AS m ON m.pk = n.memory
    WHERE n.entity = x.pk AND n.first = 1 AND true /*where visible*/
    ORDER BY n.created_at DESC, m.id DESC LIMIT :cap
)
CROSS JOIN mention AS o ON o.memory = t.pk AND +o.first = 1
CROSS JOIN entity AS e ON e.pk = o.entity
