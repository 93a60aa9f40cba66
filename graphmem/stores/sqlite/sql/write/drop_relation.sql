-- Remove a relation.
-- params: pk
-- returns: nothing
DELETE FROM relation WHERE pk = :pk
