-- The visible ones among preferred relations that touch some entity.
-- params: entities (JSON array of ids), prefer (JSON array of ids)
-- returns: entity (id), pk, created_at, id
-- where: visible, timely, typed
SELECT x.id AS entity, r.pk, r.created_at, r.id
FROM json_each(:prefer) AS w
CROSS JOIN relation AS r ON r.id = w.value
CROSS JOIN entity AS x ON x.pk IN (r.subject, r.object)
WHERE x.id IN (SELECT value FROM json_each(:entities)) AND true /*where timely*/ AND true /*where typed*/
    AND EXISTS (
        SELECT 1 FROM states AS s CROSS JOIN memory AS m ON m.pk = s.memory
        WHERE s.relation = r.pk AND true /*where visible*/
    )
