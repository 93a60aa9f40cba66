// The oldest index marks.
// params: limit
// returns: kind, id, revision
MATCH (s:Stale) WHERE s.n IS NOT NULL
RETURN s.kind AS kind, s.id AS id, s.revision AS revision ORDER BY s.n LIMIT $limit
