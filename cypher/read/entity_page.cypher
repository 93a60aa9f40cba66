// Entities that a visible memory mentions, after a place in their order.
// params: project, key, id, limit
// returns: entity (a list, see found.entity_from)
// where: own, narrow, visible
MATCH (e:Entity {project: $project}) USING INDEX e:Entity(project, owner, key)
WHERE e.key >= $key AND (e.key <> $key OR e.id > $id) // in the order of the index, which is that of code points
    AND true /*where own*/ AND true /*where narrow*/
    AND EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ }
WITH e ORDER BY e.key, e.id LIMIT $limit
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m },
    e.revision
] AS entity
ORDER BY e.key, e.id
