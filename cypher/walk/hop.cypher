// One hop: of each entity, and of the ends of the visible facts, the visible relations and memories, the preferred ones in
// their order, then the newest, up to a cap.
// Of a hub the newest are looked at, up to a bound, and what is preferred; of these no more than the cap and what is
// hidden before it.
// params: project, entities (ids), facts (ids of relations), cap, most (relations and memories of a hub that are looked at),
//    prefer_relations (a map of ids to places), prefer_memories (likewise), memories (whether they are followed)
// returns: facts (ids of the visible ones), relations (lists, see found.relation_from; the facts among them), mentions (lists
//    of a memory id and its entities' ids), nodes (lists of id, name, type and degree)
// where: own, drawn, visible, timely
CALL () {
    MATCH (r:Relation {project: $project}) USING INDEX r:Relation(id)
    WHERE r.id IN $facts AND true /*where drawn*/ AND true /*where timely*/
    CALL (r) {
        MATCH (r)<-[:STATES]-(m) WHERE m.project = $project AND true /*where visible*/
        RETURN collect(m.id) AS stating
    }
    WITH r, stating WHERE size(stating) > 0
    MATCH (r)-[:SUBJECT|OBJECT]->(e)
    RETURN collect(DISTINCT [r, stating]) AS given, collect(DISTINCT e.id) AS ends
}
CALL (ends) {
    MATCH (e:Entity {project: $project}) USING INDEX e:Entity(id)
    WHERE e.id IN $entities + ends AND true /*where own*/
    CALL (e) {
        CALL (e) {
            MATCH (e)<-[:SUBJECT|OBJECT]-(r)
            RETURN r ORDER BY r.created_at DESC LIMIT $most
            UNION
            UNWIND CASE WHEN COUNT { (e)<-[:SUBJECT|OBJECT]-() } > $most THEN keys($prefer_relations) ELSE [] END AS id
            MATCH (r:Relation {id: id}) USING INDEX SEEK r:Relation(id)
            WHERE EXISTS { (r)-[:SUBJECT|OBJECT]->(e) }
            RETURN r
        }
        WITH r ORDER BY coalesce($prefer_relations[r.id], 2147483647), r.created_at DESC, r.id DESC
        WITH r WHERE r.project = $project AND true /*where timely*/
        CALL (r) {
            MATCH (r)<-[:STATES]-(m) WHERE m.project = $project AND true /*where visible*/
            RETURN collect(m.id) AS stating
        }
        WITH r, stating WHERE size(stating) > 0
        WITH r, stating LIMIT $cap
        RETURN collect([r, stating]) AS followed
    }
    CALL (e) {
        CALL (e) {
            WITH e WHERE $memories
            MATCH (e)<-[:MENTIONS]-(m)
            RETURN m ORDER BY m.created_at DESC LIMIT $most
            UNION
            UNWIND CASE WHEN $memories AND COUNT { (e)<-[:MENTIONS]-() } > $most THEN keys($prefer_memories) ELSE [] END AS id
            MATCH (m:Memory {id: id}) USING INDEX SEEK m:Memory(id)
            WHERE EXISTS { (m)-[:MENTIONS]->(e) }
            RETURN m
        }
        WITH m ORDER BY coalesce($prefer_memories[m.id], 2147483647), m.created_at DESC, m.id DESC
        WITH m WHERE m.project = $project AND true /*where visible*/
        WITH m LIMIT $cap
        RETURN collect(m) AS reached
    }
    RETURN collect(followed) AS followed, collect(reached) AS reached
}
WITH given, followed + [given] AS followed, reached
CALL (followed) {
    UNWIND followed AS some
    UNWIND some AS pair
    WITH pair[0] AS r, head(collect(pair[1])) AS stating
    MATCH (r)-[:SUBJECT]->(s)
    MATCH (r)-[:OBJECT]->(o)
    WITH [
        r.id, r.project, r.owner, s.id, r.type, o.id, r.label, r.superseded_by, r.revision,
        r.valid_at.epochMillis * 1000 + r.valid_at.microsecond % 1000,
        r.invalid_at.epochMillis * 1000 + r.invalid_at.microsecond % 1000,
        r.created_at.epochMillis * 1000 + r.created_at.microsecond % 1000,
        r.expired_at.epochMillis * 1000 + r.expired_at.microsecond % 1000,
        stating
    ] AS relation, s, o
    RETURN collect(relation) AS relations, collect(s) + collect(o) AS ends
}
CALL (reached) {
    UNWIND reached AS some
    UNWIND some AS m
    WITH DISTINCT m
    MATCH (m)-[:MENTIONS]->(o)
    WITH m, collect(DISTINCT o) AS mentioned
    RETURN collect([m.id, [o IN mentioned | o.id]]) AS mentions, collect(mentioned) AS met
}
CALL (ends, met) {
    UNWIND met + [ends] AS some
    UNWIND some AS o
    WITH DISTINCT o
    RETURN collect([o.id, o.name, o.type, o.degree]) AS nodes
}
RETURN [pair IN given | pair[0].id] AS facts, relations, mentions, nodes
