-- Forget successors that are gone, in memory.
-- params: none
-- returns: nothing
UPDATE memory SET superseded_by = NULL WHERE superseded_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = memory.superseded_by)
