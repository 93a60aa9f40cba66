-- The visible relations of each entity, of a crowded one the newest: a row for each visible memory that states one.
-- params: few, crowded (JSON arrays of entities' pks), cap, most (relations of one that are looked at)
-- returns: entity (pk, of the frontier), id, project, owner, subject (pk), type, object (pk), valid_at, invalid_at,
--    created_at, expired_at, superseded_by, revision, label, memory (id)
-- where: visible, timely
SELECT
    h.entity, r.id, p.project, p.owner, r.subject, r.type, r.object, r.valid_at, r.invalid_at, r.created_at,
    r.expired_at, r.superseded_by, r.revision, r.label, m.id AS memory
FROM json_each(:few) AS w
CROSS JOIN endpoint AS h ON h.entity = w.value
CROSS JOIN relation AS r ON r.pk = h.relation
CROSS JOIN states AS g ON g.relation = r.pk
CROSS JOIN memory AS m ON m.pk = g.memory
CROSS JOIN partition AS p ON p.pk = r.partition
WHERE true /*where timely*/ AND true /*where visible*/
UNION ALL
SELECT
    x.pk, t.id, p.project, p.owner, t.subject, t.type, t.object, t.valid_at, t.invalid_at, t.created_at,
    t.expired_at, t.superseded_by, t.revision, t.label, m.id
FROM json_each(:crowded) AS w
CROSS JOIN entity AS x ON x.pk = w.value
CROSS JOIN relation AS t ON t.pk IN (
    SELECT h.relation FROM endpoint AS h CROSS JOIN relation AS r ON r.pk = h.relation
    WHERE h.entity = x.pk AND h.created_at >= coalesce(CASE WHEN x.degree > :most THEN (
        SELECT o.created_at FROM endpoint AS o WHERE o.entity = x.pk ORDER BY o.created_at DESC LIMIT 1 OFFSET :most
    ) END, -9000000000000000000) AND true /*where timely*/ AND EXISTS (
        SELECT 1 FROM states AS g CROSS JOIN memory AS m ON m.pk = g.memory
        WHERE g.relation = h.relation AND true /*where visible*/
        LIMIT 1
    )
    ORDER BY h.created_at DESC, r.id DESC LIMIT :cap
)
CROSS JOIN partition AS p ON p.pk = t.partition
CROSS JOIN states AS g ON g.relation = t.pk
CROSS JOIN memory AS m ON m.pk = g.memory
WHERE true /*where visible*/
