-- A partition's memories after a place in their order.
-- params: partition, at (microseconds), id, limit
-- returns: at, id
SELECT m.created_at AS at, m.id FROM memory AS m
WHERE m.partition = :partition AND (m.created_at, m.id) > (:at, :id) ORDER BY m.created_at, m.id LIMIT :limit
