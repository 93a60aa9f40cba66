-- Remove a memory's history.
-- params: memory_id
-- returns: nothing
DELETE FROM revision WHERE memory_id = :memory_id
