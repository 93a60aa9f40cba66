// Edges between entities that no relation between them stands behind.
// params: limit
// returns: edges (their element ids)
MATCH (a:Entity)-[x]->(b:Entity)
WHERE NOT EXISTS { MATCH (a)<-[:SUBJECT]-(r:Relation)-[:OBJECT]->(b) WHERE r.id = x.relation }
WITH x LIMIT $limit
RETURN collect(elementId(x)) AS edges
