-- The newest visible memories of each entity, as many as the cap allows.
-- params: entities (JSON array of ids), cap
-- returns: entity (id), pk, created_at, id
-- where: visible
SELECT x.id AS entity, t.pk, t.created_at, t.id
FROM json_each(:entities) AS w
CROSS JOIN entity AS x ON x.id = w.value
CROSS JOIN memory AS t ON t.pk IN (
    SELECT n.memory FROM mention AS n CROSS JOIN memory AS m ON m.pk = n.memory
    WHERE n.entity = x.pk AND n.first = 1 AND true /*where visible*/
    ORDER BY n.created_at DESC, m.id DESC LIMIT :cap
)
