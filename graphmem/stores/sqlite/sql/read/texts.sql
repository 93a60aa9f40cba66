-- The texts of the newest visible memories.
-- params: limit
-- returns: id, text
-- where: visible
SELECT m.id, m.text FROM memory AS m WHERE true /*where visible*/
ORDER BY m.created_at DESC, m.id DESC LIMIT :limit
