-- Visible memories after a place in their order, oldest first.
-- params: at (microseconds), id, limit, offset
-- returns: id
-- where: visible
SELECT m.id FROM memory AS m WHERE (m.created_at, m.id) > (:at, :id) AND true /*where visible*/
ORDER BY m.created_at, m.id LIMIT :limit OFFSET :offset
