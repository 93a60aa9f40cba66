// Whom most memories mention: what hangs on these tells little about a question.
//
// In Neo4j Browser, first:  :params {project: "default"}
// params: project
// returns: name, type, owner, memories
MATCH (e:Entity {project: $project})
RETURN e.name AS name, e.type AS type, e.owner AS owner, e.degree AS memories
ORDER BY memories DESC, name
LIMIT 25
