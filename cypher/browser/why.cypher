// Why this is known: the memories that state what two entities have to do with each other, and the messages they came from.
//
// In Neo4j Browser, first:  :params {project: "default", name: "Ana", other: "Lisbon"}
// params: project, name, other
// returns: path, stated, source
MATCH (n:Name {project: $project})-[:NAMES]->(one:Entity)
WHERE toLower(n.value) = toLower($name)
MATCH path = (one)<-[:SUBJECT|OBJECT]-(r:Relation)-[:SUBJECT|OBJECT]->(two:Entity)
WHERE EXISTS { MATCH (two)<-[:NAMES]-(o:Name) WHERE toLower(o.value) = toLower($other) }
MATCH stated = (r)<-[:STATES]-(m:Memory)
OPTIONAL MATCH source = (m)-[:FROM]->(:Episode)
RETURN path, stated, source
