-- Forget successors that are gone, in relation.
-- params: none
-- returns: nothing
UPDATE relation SET superseded_by = NULL WHERE superseded_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = relation.superseded_by)
