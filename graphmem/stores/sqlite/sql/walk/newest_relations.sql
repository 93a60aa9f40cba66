-- The visible relations of an entity, the newest first, but for those that are known.
-- params: entity (id), known (JSON array of ids), limit
-- returns: pk, subject (pk), object (pk)
-- where: timely, typed, visible
SELECT r.pk, r.subject, r.object
FROM entity AS x
CROSS JOIN endpoint AS h ON h.entity = x.pk
CROSS JOIN relation AS r ON r.pk = h.relation
WHERE x.id = :entity AND true /*where timely*/ AND true /*where typed*/
    AND r.id NOT IN (SELECT w.value FROM json_each(:known) AS w)
    AND EXISTS (
        SELECT 1 FROM states AS s CROSS JOIN memory AS m ON m.pk = s.memory
        WHERE s.relation = r.pk AND true /*where visible*/
        LIMIT 1
    )
ORDER BY h.created_at DESC, r.id DESC LIMIT :limit
