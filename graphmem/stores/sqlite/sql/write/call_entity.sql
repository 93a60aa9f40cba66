-- Keep what is derived of an entity.
-- params: pk, name, key, degree, revision
-- returns: nothing
UPDATE entity SET name = :name, key = :key, degree = :degree, revision = :revision WHERE pk = :pk
