// The visible ones among some entities.
// params: project, ids
// returns: entity (a list, see found.entity_from)
// where: own, narrow, visible
MATCH (e:Entity {project: $project}) USING INDEX e:Entity(id)
WHERE e.id IN $ids AND true /*where own*/ AND true /*where narrow*/
    AND EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ }
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m },
    e.revision
] AS entity
