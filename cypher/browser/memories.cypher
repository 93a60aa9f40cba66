// What is remembered of an entity, newest first, with all that those memories mention.
//
// In Neo4j Browser, first:  :params {project: "default", name: "Ana"}
// params: project, name
// returns: path
MATCH (n:Name {project: $project})-[:NAMES]->(e:Entity)
WHERE toLower(n.value) = toLower($name)
MATCH (m:Memory)-[:MENTIONS]->(e)
WHERE m.expired_at IS NULL
WITH DISTINCT m ORDER BY m.created_at DESC LIMIT 50
MATCH path = (m)-[:MENTIONS]->(:Entity)
RETURN path
