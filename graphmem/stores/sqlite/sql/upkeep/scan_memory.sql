-- Ids and revisions in memory, after a row number.
-- params: after, limit
-- returns: pk, id, revision
SELECT pk, id, revision FROM memory WHERE pk > :after ORDER BY pk LIMIT :limit
