-- The visible ones among some relations: a row for each visible memory that states one.
-- params: facts (JSON array of ids)
-- returns: entity (none), id, project, owner, subject (pk), type, object (pk), valid_at, invalid_at, created_at,
--    expired_at, superseded_by, revision, label, memory (id)
-- where: visible, timely
SELECT
    NULL AS entity, r.id, p.project, p.owner, r.subject, r.type, r.object, r.valid_at, r.invalid_at, r.created_at,
    r.expired_at, r.superseded_by, r.revision, r.label, m.id AS memory
FROM json_each(:facts) AS w
CROSS JOIN relation AS r ON r.id = w.value
CROSS JOIN states AS g ON g.relation = r.pk
CROSS JOIN memory AS m ON m.pk = g.memory
CROSS JOIN partition AS p ON p.pk = r.partition
WHERE true /*where timely*/ AND true /*where visible*/
