-- Whose the visible memories are.
-- params: limit
-- returns: owner
-- where: place, visible
SELECT p.owner FROM partition AS p WHERE true /*where place*/
    AND EXISTS (SELECT 1 FROM memory AS m WHERE m.partition = p.pk AND true /*where visible*/ LIMIT 1)
ORDER BY p.owner LIMIT :limit
