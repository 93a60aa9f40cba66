// What held when: an entity's relations in the order of time, those that are over included. Where nobody said since
// when something holds, it stands where it was first said.
//
// In Neo4j Browser, first:  :params {project: "default", name: "Ana"}
// params: project, name
// returns: since, until, says, said, retired
MATCH (n:Name {project: $project})-[:NAMES]->(e:Entity)
WHERE toLower(n.value) = toLower($name)
MATCH (e)<-[:SUBJECT|OBJECT]-(r:Relation)
MATCH (r)<-[:STATES]-(m:Memory)
WITH r, min(m.observed_at) AS said
MATCH (s:Entity)<-[:SUBJECT]-(r)-[:OBJECT]->(o:Entity)
RETURN r.valid_at AS since, r.invalid_at AS until, s.name + ' ' + r.label + ' ' + o.name AS says, said,
    r.expired_at AS retired
ORDER BY coalesce(since, said), said, says
