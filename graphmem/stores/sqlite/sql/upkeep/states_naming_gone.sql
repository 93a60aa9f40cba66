-- Entries of history that name a successor which is gone.
-- params: none
-- returns: pk, state
SELECT v.pk, v.state FROM revision AS v
WHERE json_extract(v.state, '$.superseded_by') IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.id = json_extract(v.state, '$.superseded_by'))
