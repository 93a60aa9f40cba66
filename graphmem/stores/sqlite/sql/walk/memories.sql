-- The visible memories of each entity, of a crowded one the newest.
-- params: few, crowded (JSON arrays of entities' pks), cap, most (mentions of one that are looked at)
-- returns: entity (pk, of the frontier), created_at, id, pk
-- where: visible
SELECT n.entity, m.created_at, m.id, m.pk
FROM json_each(:few) AS w
CROSS JOIN mention AS n ON n.entity = w.value AND n.first = 1
CROSS JOIN memory AS m ON m.pk = n.memory
WHERE true /*where visible*/
UNION ALL
SELECT x.pk, t.created_at, t.id, t.pk
FROM json_each(:crowded) AS w
CROSS JOIN entity AS x ON x.pk = w.value
CROSS JOIN memory AS t ON t.pk IN (
    SELECT n.memory FROM mention AS n CROSS JOIN memory AS m ON m.pk = n.memory
    WHERE n.entity = x.pk AND n.first = 1 AND n.created_at >= CASE WHEN x.degree > :most THEN (
        SELECT o.created_at FROM mention AS o WHERE o.entity = x.pk AND o.first = 1
        ORDER BY o.created_at DESC LIMIT 1 OFFSET :most
    ) ELSE -9000000000000000000 END AND true /*where visible*/
    ORDER BY n.created_at DESC, m.id DESC LIMIT :cap
)
