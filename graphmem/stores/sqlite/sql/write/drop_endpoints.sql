-- Withdraw a relation from its ends.
-- params: pk
-- returns: nothing
DELETE FROM endpoint WHERE (entity, created_at, relation) IN (
    SELECT subject, created_at, pk FROM relation WHERE pk = :pk
    UNION SELECT object, created_at, pk FROM relation WHERE pk = :pk
)
