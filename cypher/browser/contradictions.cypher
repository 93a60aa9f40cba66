// What contradicted what: memories that were retired, and those that retired them.
//
// In Neo4j Browser, first:  :params {project: "default"}
// params: project
// returns: path
MATCH path = (new:Memory {project: $project})-[:SUPERSEDES]->(old:Memory)
RETURN path
ORDER BY old.expired_at DESC
LIMIT 100
