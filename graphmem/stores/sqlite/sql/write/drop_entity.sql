-- Remove an entity, after its names and types.
-- params: pk
-- returns: nothing
DELETE FROM entity WHERE pk = :pk
