// The visible ones among the entities with some folded names.
// params: project, names
// returns: entity (a list, see found.entity_from)
// where: named, own, narrow, visible
MATCH (n:Name {project: $project}) USING INDEX n:Name(project, owner, key)
WHERE n.key IN $names AND true /*where named*/
MATCH (n)-[:NAMES]->(e)
WITH DISTINCT e
WHERE e.project = $project AND true /*where own*/ AND true /*where narrow*/
    AND EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ }
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m },
    e.revision
] AS entity
