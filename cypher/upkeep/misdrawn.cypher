// Relations whose edge is not as they are: missing, doubled, of another type, or with another label or other times.
// params: limit
// returns: id, type
MATCH (r:Relation)
CALL (r) {
  MATCH (r)-[:SUBJECT]->(s)
  MATCH (r)-[:OBJECT]->(o)
  MATCH (s)-[x]->(o) WHERE x.relation = r.id
  RETURN count(x) AS edges, count(CASE WHEN type(x) IN [r.type, 'RELATED_TO'] AND coalesce(x.label, '') = coalesce(r.label, '')
    AND coalesce(toString(x.valid_at), '') = coalesce(toString(r.valid_at), '')
    AND coalesce(toString(x.invalid_at), '') = coalesce(toString(r.invalid_at), '')
    AND coalesce(toString(x.expired_at), '') = coalesce(toString(r.expired_at), '') THEN 1 END) AS alike
}
WITH r WHERE edges <> 1 OR alike <> 1
RETURN r.id AS id, r.type AS type
LIMIT $limit
