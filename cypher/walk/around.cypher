// The visible relations of some entities, those of the first first, of each the newest first, up to a limit, and the visible
// entities at their ends, counted as in read/entities.
// An entity is looked at only if those before it left room, so that a hub that comes last costs nothing. What is asked for one
// after another comes so, and the first are taken; to put all in order would be to look at all.
// params: project, entities (ids), without (ids of relations), limit, alone, retired, day, most (all as there)
// returns: relations (lists, see found.relation_from), entities (lists, see found.entity_from)
// where: own, timely, typed, visible
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
CALL () {
    UNWIND range(0, size($entities) - 1) AS place
    MATCH (e:Entity {id: $entities[place]}) USING INDEX SEEK e:Entity(id)
    WHERE e.project = $project AND true /*where own*/
    CALL (e) {
        MATCH (e)<-[:SUBJECT|OBJECT]-(r)
        WITH r ORDER BY r.created_at DESC, r.id DESC
        WITH r WHERE r.project = $project AND NOT r.id IN $without AND true /*where timely*/ AND true /*where typed*/
        CALL (r) {
            MATCH (r)<-[:STATES]-(m) WHERE m.project = $project AND true /*where visible*/
            RETURN collect(m.id) AS stating
        }
        WITH r, stating WHERE size(stating) > 0
        RETURN r, stating
    }
    WITH DISTINCT r, stating LIMIT $limit
    CALL (r) {
        MATCH (r)-[:SUBJECT|OBJECT]->(x)
        RETURN collect(x) AS ends
    }
    RETURN collect([
        r.id, r.project, r.owner, r.subject, r.type, r.object, r.label, r.superseded_by, r.revision,
        r.valid_at.epochMillis * 1000 + r.valid_at.microsecond % 1000,
        r.invalid_at.epochMillis * 1000 + r.invalid_at.microsecond % 1000,
        r.created_at.epochMillis * 1000 + r.created_at.microsecond % 1000,
        r.expired_at.epochMillis * 1000 + r.expired_at.microsecond % 1000,
        stating
    ]) AS relations, collect(ends) AS pairs
}
CALL (pairs, hides, known) {
    UNWIND pairs AS ends
    UNWIND ends AS e
    WITH DISTINCT e, hides, known
    WHERE CASE WHEN known THEN e.degree > coalesce(hides[e.id], 0)
        ELSE EXISTS { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ } END
    RETURN collect([
        e.id, e.project, e.owner, e.name, e.self_of, e.type, e.aliases,
        e.created_at.epochMillis * 1000 + e.created_at.microsecond % 1000,
        CASE WHEN known THEN e.degree - coalesce(hides[e.id], 0)
            ELSE COUNT { MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/ RETURN DISTINCT m } END,
        e.revision
    ]) AS entities
}
RETURN relations, entities
