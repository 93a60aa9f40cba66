// What held when: an entity's relations in the order of time, those that are over included.
//
// In Neo4j Browser, first:  :params {project: "default", name: "Ana"}
// params: project, name
// returns: since, until, says, retired
MATCH (n:Name {project: $project})-[:NAMES]->(e:Entity)
WHERE toLower(n.value) = toLower($name)
MATCH (e)<-[:SUBJECT|OBJECT]-(r:Relation)
WITH DISTINCT r
MATCH (s:Entity)<-[:SUBJECT]-(r)-[:OBJECT]->(o:Entity)
RETURN r.valid_at AS since, r.invalid_at AS until, s.name + ' ' + r.label + ' ' + o.name AS says, r.expired_at AS retired
ORDER BY since
