-- The newest visible relations of each entity, as many as the cap allows.
-- params: entities (JSON array of ids), cap
-- returns: entity (id), pk, created_at, id
-- where: visible, timely, typed
SELECT x.id AS entity, t.pk, t.created_at, t.id
FROM json_each(:entities) AS w
CROSS JOIN entity AS x ON x.id = w.value
CROSS JOIN relation AS t ON t.pk IN (
    SELECT h.relation FROM endpoint AS h CROSS JOIN relation AS r ON r.pk = h.relation
    WHERE h.entity = x.pk AND true /*where timely*/ AND true /*where typed*/ AND EXISTS (
        SELECT 1 FROM states AS s CROSS JOIN memory AS m ON m.pk = s.memory
        WHERE s.relation = h.relation AND true /*where visible*/
    )
    ORDER BY h.created_at DESC, r.id DESC LIMIT :cap
)
