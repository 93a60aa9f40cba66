-- Remove a memory, after its links.
-- params: pk
-- returns: nothing
DELETE FROM memory WHERE pk = :pk
