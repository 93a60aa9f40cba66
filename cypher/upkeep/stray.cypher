// Edges between entities that no relation between them stands behind.
// params: limit
// returns: edges (lists: source's id, target's id, the edge's element id)
MATCH (a:Entity)-[x]->(b:Entity)
WHERE NOT EXISTS { MATCH (a)<-[:SUBJECT]-(r:Relation)-[:OBJECT]->(b) WHERE r.id = x.relation }
WITH a, x, b LIMIT $limit
RETURN collect([a.id, b.id, elementId(x)]) AS edges
