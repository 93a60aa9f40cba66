// The visible ones among the entities with some folded names, counted as in read/entities.
// params: project, names, alone, retired, day, most (all as there)
// returns: entity (a list, see found.entity_from)
// where: named, own, narrow, visible
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
MATCH (n:Name {project: $project}) USING INDEX n:Name(project, owner, key)
WHERE n.key IN $names AND true /*where named*/
MATCH (n)-[:NAMES]->(e)
WITH DISTINCT e, hides, known
WHERE e.project = $project AND true /*where own*/ AND true /*where narrow*/
    AND CASE WHEN known THEN e.degree > coalesce(hides[e.id], 0)
        ELSE EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ } END
RETURN [
    e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
    e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
    CASE WHEN known THEN e.degree - coalesce(hides[e.id], 0)
        ELSE COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m } END,
    e.revision
] AS entity
