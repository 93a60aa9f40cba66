-- Visible relations after a place in their order. An unknown `valid_at` comes before all others.
-- params: valid_at (microseconds), created_at (likewise), id, limit
-- returns: pk, valid_at, created_at, id
-- where: place, timely, narrow, visible
SELECT r.pk, coalesce(r.valid_at, -9000000000000000000) AS valid_at, r.created_at, r.id
FROM relation AS r JOIN partition AS p ON p.pk = r.partition
WHERE true /*where place*/ AND true /*where timely*/ AND true /*where narrow*/
    AND (coalesce(r.valid_at, -9000000000000000000), r.created_at, r.id) > (:valid_at, :created_at, :id)
    AND EXISTS (
        SELECT 1 FROM states AS s CROSS JOIN memory AS m ON m.pk = s.memory
        WHERE s.relation = r.pk AND true /*where visible*/
        LIMIT 1
    )
ORDER BY coalesce(r.valid_at, -9000000000000000000), r.created_at, r.id LIMIT :limit
