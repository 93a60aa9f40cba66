// The visible relations of some entities, after a place in their order.
// params: project, entities (ids), valid_at (microseconds), created_at (likewise), id, limit
// returns: relation (a list, see found.relation_from)
// where: side, drawn, timely, narrow, visible
MATCH (x:Entity {project: $project}) USING INDEX x:Entity(id)
WHERE x.id IN $entities
MATCH (x)<-[d:SUBJECT|OBJECT]-(r)
WHERE true /*where side*/
WITH DISTINCT r
WHERE r.project = $project
    AND true /*where drawn*/ AND true /*where timely*/ AND true /*where narrow*/
WITH r, coalesce(r.valid_at.epochMillis * 1000 + r.valid_at.microsecond % 1000, -9000000000000000000) AS since,
    r.created_at.epochMillis * 1000 + r.created_at.microsecond % 1000 AS made
WHERE (since > $valid_at OR since = $valid_at AND (made > $created_at OR made = $created_at AND r.id > $id))
    AND EXISTS { MATCH (r)<-[:STATES]-(m) WHERE m.project = $project AND true /*where visible*/ }
WITH r, since, made ORDER BY since, made, r.id LIMIT $limit
MATCH (r)-[:SUBJECT]->(s)
MATCH (r)-[:OBJECT]->(o)
RETURN [
    r.id, r.project, r.owner, s.id, r.type, o.id, r.label, r.superseded_by, r.revision,
    r.valid_at.epochMillis * 1000 + r.valid_at.microsecond % 1000,
    r.invalid_at.epochMillis * 1000 + r.invalid_at.microsecond % 1000,
    made,
    r.expired_at.epochMillis * 1000 + r.expired_at.microsecond % 1000,
    COLLECT { MATCH (r)<-[:STATES]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN m.id }
] AS relation
ORDER BY since, made, r.id
