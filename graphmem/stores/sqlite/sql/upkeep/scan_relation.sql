-- Ids and revisions in relation, after a row number.
-- params: after, limit
-- returns: pk, id, revision
SELECT pk, id, revision FROM relation WHERE pk > :after ORDER BY pk LIMIT :limit
