// The last hop: of each entity that few mention the visible memories, of one that is crowded those that are preferred, in
// their order, up to a cap.
// A part by itself because it is asked of ten times as many entities as walk/hop. Of a crowded one no memory is touched but
// what is preferred, so that it costs what few memories cost.
// params: project, entities (ids), cap, prefer (ids of memories)
// returns: met (lists of an entity's id, name, type and degree, and a list of memories' ids)
// where: own, visible
MATCH (e:Entity {project: $project}) USING INDEX e:Entity(id)
WHERE e.id IN $entities AND e.degree <= $cap AND true /*where own*/
MATCH (e)<-[:MENTIONS]-(m) WHERE m.project = $project AND true /*where visible*/
WITH e, collect(DISTINCT m.id) AS reached
RETURN collect([e.id, e.name, e.type, e.degree, reached]) AS met
UNION ALL
UNWIND range(0, size($prefer) - 1) AS place
MATCH (m:Memory {id: $prefer[place]}) USING INDEX SEEK m:Memory(id)
WHERE m.project = $project AND true /*where visible*/
MATCH (m)-[:MENTIONS]->(e)
WHERE e.degree > $cap AND e.id IN $entities AND e.project = $project AND true /*where own*/
WITH e, m, place ORDER BY place
WITH e, collect(DISTINCT m.id)[..$cap] AS reached
RETURN collect([e.id, e.name, e.type, e.degree, reached]) AS met
