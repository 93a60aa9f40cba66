-- Keep what is derived of an entity.
-- params: pk, name, key, type, degree, revision
-- returns: nothing
UPDATE entity SET
    name = :name, key = :key, type = :type, degree = :degree, revision = :revision
WHERE pk = :pk
