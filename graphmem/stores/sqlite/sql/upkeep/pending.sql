-- The oldest index marks.
-- params: limit
-- returns: kind, id, revision
SELECT kind, id, revision FROM stale ORDER BY pk LIMIT :limit
