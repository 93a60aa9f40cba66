-- The visible ones among preferred relations that touch some hub: a row for each visible memory that states one.
-- params: hubs (JSON array of row numbers), prefer (JSON array of ids)
-- returns: entity (pk, of the hub), id, project, owner, subject_id, type, object_id, valid_at, invalid_at, created_at,
--    expired_at, superseded_by, revision, label, memory (id), subject_name, subject_type, subject_degree,
--    object_name, object_type, object_degree
-- where: visible, timely, typed
SELECT
    h.value AS entity, r.id, p.project, p.owner, s.id AS subject_id, r.type, o.id AS object_id, r.valid_at,
    r.invalid_at, r.created_at, r.expired_at, r.superseded_by, r.revision, r.label, m.id AS memory,
    s.name AS subject_name, s.type AS subject_type, s.degree AS subject_degree, o.name AS object_name,
    o.type AS object_type, o.degree AS object_degree
FROM json_each(:prefer) AS w
CROSS JOIN relation AS r ON r.id = w.value
CROSS JOIN json_each(:hubs) AS h ON h.value IN (r.subject, r.object)
CROSS JOIN states AS g ON g.relation = r.pk
CROSS JOIN memory AS m ON m.pk = g.memory
CROSS JOIN partition AS p ON p.pk = r.partition
CROSS JOIN entity AS s ON s.pk = r.subject
CROSS JOIN entity AS o ON o.pk = r.object
WHERE true /*where timely*/ AND true /*where typed*/ AND true /*where visible*/
