-- Entities that a visible memory mentions, after a place in their order.
-- params: key, id, limit
-- returns: pk, key, id
-- where: place, narrow, visible
SELECT e.pk, e.key, e.id
FROM entity AS e JOIN partition AS p ON p.pk = e.partition
WHERE true /*where place*/ AND (e.key, e.id) > (:key, :id) AND true /*where narrow*/ AND EXISTS (
    SELECT 1 FROM mention AS n CROSS JOIN memory AS m ON m.pk = n.memory
    WHERE n.entity = e.pk AND n.first = 1 AND true /*where visible*/
    LIMIT 1
)
ORDER BY e.key, e.id LIMIT :limit
