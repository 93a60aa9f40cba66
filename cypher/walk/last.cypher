// The last hop: of each entity the visible memories, the preferred ones in their order, then the newest, up to a cap.
// As in walk/hop, of which it is a part by itself because it is asked of ten times as many entities: what it does for each
// of them, be it only to find that there is nothing to do, is most of what a walk costs.
// params: project, entities (ids), cap, most (memories of a hub that are looked at), prefer_memories (a map of ids to places)
// returns: met (lists of an entity's id, name, type and degree, and a list of memories' ids)
// where: own, visible
MATCH (e:Entity {project: $project}) USING INDEX e:Entity(id)
WHERE e.id IN $entities AND true /*where own*/
CALL (e) {
    CALL (e) {
        WITH e WHERE COUNT { (e)<-[:MENTIONS]-() } <= $most
        MATCH (e)<-[:MENTIONS]-(m)
        RETURN m
        UNION
        WITH e WHERE COUNT { (e)<-[:MENTIONS]-() } > $most
        CALL (e) {
            MATCH (e)<-[:MENTIONS]-(m)
            RETURN m ORDER BY m.created_at DESC LIMIT $most
            UNION
            UNWIND keys($prefer_memories) AS id
            MATCH (m:Memory {id: id}) USING INDEX SEEK m:Memory(id)
            WHERE EXISTS { (m)-[:MENTIONS]->(e) }
            RETURN m
        }
        RETURN m
    }
    WITH m ORDER BY coalesce($prefer_memories[m.id], 2147483647), m.created_at DESC, m.id DESC
    WITH m WHERE m.project = $project AND true /*where visible*/
    WITH m LIMIT $cap
    RETURN collect(m.id) AS reached
}
WITH e, reached WHERE size(reached) > 0
RETURN collect([e.id, e.name, e.type, e.degree, reached]) AS met
