-- Write an entity's stored part.
-- params: pk, id, partition, key, self_of, created_at, revision, name
-- returns: nothing
INSERT INTO entity (pk, id, partition, key, self_of, created_at, degree, revision, name)
VALUES (:pk, :id, :partition, :key, :self_of, :created_at, 0, :revision, :name)
ON CONFLICT (pk) DO UPDATE SET
    key = excluded.key, self_of = excluded.self_of, created_at = excluded.created_at,
    revision = excluded.revision, name = excluded.name
