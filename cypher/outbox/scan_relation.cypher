// Ids and revisions of one kind, after an id.
// params: after, limit
// returns: id, revision
MATCH (x:Relation) WHERE x.id > $after
RETURN x.id AS id, x.revision AS revision ORDER BY x.id LIMIT $limit
