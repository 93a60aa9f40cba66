-- Withdraw a relation from its ends.
-- params: pk
-- returns: nothing
DELETE FROM endpoint
WHERE entity IN (SELECT subject FROM relation WHERE pk = :pk UNION ALL SELECT object FROM relation WHERE pk = :pk)
    AND created_at = (SELECT created_at FROM relation WHERE pk = :pk)
    AND relation = :pk
