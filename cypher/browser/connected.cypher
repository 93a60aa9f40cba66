// Who is connected to whom: everything within two typed relations of an entity that is called so, as things are now.
//
// In Neo4j Browser, first:  :params {project: "default", name: "Ana"}
// Names are folded here as Neo4j folds; a name with other accents is found under the spelling that was used.
// params: project, name
// returns: path
MATCH (n:Name {project: $project})-[:NAMES]->(e:Entity)
WHERE toLower(n.value) = toLower($name)
MATCH path = (e)-[r*1..2]-(other:Entity)
WHERE all(each IN r WHERE each.relation IS NOT NULL AND each.expired_at IS NULL)
RETURN path
LIMIT 200
