// Entities that a visible memory mentions, after a place in their order.
// params: project, key, id, limit
// returns: entity (a list, see found.entity_from)
// where: place, narrow, visible
MATCH (p:Partition {project: $project}) USING INDEX p:Partition(project, owner)
WHERE true /*where place*/
CALL (p) {
    MATCH (e:Entity {project: $project}) USING INDEX e:Entity(project, owner, key)
    WHERE e.owner = p.owner
        AND e.key >= $key AND (e.key <> $key OR e.id > $id) // by the index: in the order of code points
        AND true /*where narrow*/
        AND EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ }
    // The index has them in this order, and goes no further than it is asked to.
    RETURN e ORDER BY e.project, e.owner, e.key, e.id LIMIT $limit
}
WITH e ORDER BY e.key, e.id LIMIT $limit
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m },
    e.revision
] AS entity
ORDER BY e.key, e.id
