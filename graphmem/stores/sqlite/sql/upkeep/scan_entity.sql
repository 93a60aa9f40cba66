-- Ids and revisions in entity, after a row number.
-- params: after, limit
-- returns: pk, id, revision
SELECT pk, id, revision FROM entity WHERE pk > :after ORDER BY pk LIMIT :limit
