-- The visible ones among preferred relations that touch some hub: a row for each visible memory that states one.
-- params: hubs (JSON array of row numbers), prefer (JSON array of ids)
-- returns: entity (pk, of the hub), id, project, owner, subject (pk), type, object (pk), valid_at, invalid_at,
--    created_at, expired_at, superseded_by, revision, label, memory (id)
-- where: visible, timely
SELECT
    h.value AS entity, r.id, p.project, p.owner, r.subject, r.type, r.object, r.valid_at, r.invalid_at, r.created_at,
    r.expired_at, r.superseded_by, r.revision, r.label, m.id AS memory
FROM json_each(:prefer) AS w
CROSS JOIN relation AS r ON r.id = w.value AND (
    r.subject IN (SELECT value FROM json_each(:hubs)) OR r.object IN (SELECT value FROM json_each(:hubs))
)
CROSS JOIN json_each(:hubs) AS h ON h.value IN (r.subject, r.object)
CROSS JOIN states AS g ON g.relation = r.pk
CROSS JOIN memory AS m ON m.pk = g.memory
CROSS JOIN partition AS p ON p.pk = r.partition
WHERE true /*where timely*/ AND true /*where visible*/
