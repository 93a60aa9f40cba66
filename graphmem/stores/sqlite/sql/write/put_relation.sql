-- Write a relation whole.
-- params: pk, id, partition, subject (pk), type, object (pk), valid_at, invalid_at, created_at, expired_at,
--    superseded_by, revision, label
-- returns: nothing
INSERT INTO relation (
    pk, id, partition, subject, type, object, valid_at, invalid_at, created_at, expired_at, superseded_by, revision,
    label
) VALUES (
    :pk, :id, :partition, :subject, :type, :object, :valid_at, :invalid_at, :created_at, :expired_at,
    :superseded_by, :revision, :label
) ON CONFLICT (pk) DO UPDATE SET
    subject = excluded.subject, type = excluded.type, object = excluded.object, valid_at = excluded.valid_at,
    invalid_at = excluded.invalid_at, created_at = excluded.created_at, expired_at = excluded.expired_at,
    superseded_by = excluded.superseded_by, revision = excluded.revision, label = excluded.label
