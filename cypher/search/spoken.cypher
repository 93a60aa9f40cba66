// Entities by the words of the names in use for them.
// params: project, phrases
// returns: phrase, id, name, type, degree
// where: named
MATCH (n:Name {project: $project}) USING INDEX n:Name(project, phrase)
WHERE n.phrase IN $phrases AND true /*where named*/
MATCH (n)-[:NAMES]->(e)
WHERE e.project = $project
RETURN DISTINCT n.phrase AS phrase, e.id AS id, e.name AS name, e.type AS type, e.degree AS degree
