// The visible ones among some entities.
// A view may see all of a partition but what is retired or past its day. Then the memories that mention an entity are those that
// are kept count of, less the hidden ones, which have indexes: of an entity that thousands mention, to look at each takes
// milliseconds. A map of ids to numbers is made by APOC: Cypher makes none whose keys are data.
// params: project, ids, alone (the owner, or null: every memory is looked at), retired (whether these are hidden), day (before
//    which memories are hidden, or null), most (hidden memories, from which on every memory is looked at)
// returns: entity (a list, see found.entity_from)
// where: own, narrow, visible
CALL () {
    CALL () {
        MATCH (m:Memory {project: $project, owner: $alone}) USING INDEX m:Memory(project, owner, expired_at)
        WHERE m.expired_at IS NOT NULL AND $retired
        RETURN m
        UNION
        MATCH (m:Memory {project: $project, owner: $alone}) USING INDEX m:Memory(project, owner, expiration_date)
        WHERE m.expiration_date < $day
        RETURN m
    }
    WITH m LIMIT $most
    RETURN collect(m) AS hidden
}
CALL (hidden) {
    UNWIND hidden AS m
    MATCH (m)-[:MENTIONS]->(e)
    WITH e, count(DISTINCT m) AS number
    RETURN apoc.map.fromPairs(collect([e.id, number])) AS hides
}
WITH hides, $alone IS NOT NULL AND size(hidden) < $most AS known
MATCH (e:Entity {project: $project}) USING INDEX e:Entity(id)
WHERE e.id IN $ids AND true /*where own*/ AND true /*where narrow*/
    AND CASE WHEN known THEN e.degree > coalesce(hides[e.id], 0)
        ELSE EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ } END
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    CASE WHEN known THEN e.degree - coalesce(hides[e.id], 0)
        ELSE COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m } END,
    e.revision
] AS entity
