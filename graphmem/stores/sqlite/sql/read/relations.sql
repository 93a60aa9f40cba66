-- Relations, apart from the memories that state them.
-- params: pks (JSON array)
-- returns: pk, id, project, owner, subject_id, type, object_id, valid_at, invalid_at, created_at, expired_at,
--    superseded_by, revision, label
SELECT
    r.pk, r.id, p.project, p.owner, s.id AS subject_id, r.type, o.id AS object_id, r.valid_at, r.invalid_at,
    r.created_at, r.expired_at, r.superseded_by, r.revision, r.label
FROM json_each(:pks) AS w
CROSS JOIN relation AS r ON r.pk = w.value
CROSS JOIN partition AS p ON p.pk = r.partition
CROSS JOIN entity AS s ON s.pk = r.subject
CROSS JOIN entity AS o ON o.pk = r.object
