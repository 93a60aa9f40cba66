-- Remove the history of memories that are gone.
-- params: none
-- returns: nothing
DELETE FROM revision WHERE NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = revision.memory_id)
