// Write the links of memories and relations, whose nodes are there.
// The edge that shows a relation takes its type from the data, natively: `apoc.merge.relationship` compiles a query for
// each type that it meets (30 ms; open vocabularies bring thousands). That type is the row's `edge`.
// params: project, owner, mentions (a list of {id of a memory, entity, fields}), states ({id of a memory, relations}),
//    sources ({id of a memory, episodes}), superseded ({id of a memory, by}), born (ids of new memories), relations ({id,
//    subject, edge, object, fields})
// returns: nothing
CALL () {
  UNWIND $mentions AS row
  MATCH (m:Memory {id: row.id})
  MATCH (e:Entity {id: row.entity})
  CREATE (m)-[x:MENTIONS]->(e)
  SET x = row.fields
}
CALL () {
  UNWIND $states AS row
  MATCH (m:Memory {id: row.id})
  UNWIND row.relations AS id
  MATCH (r:Relation {id: id})
  CREATE (m)-[:STATES]->(r)
}
CALL () {
  UNWIND $sources AS row
  MATCH (m:Memory {id: row.id})
  UNWIND row.episodes AS id
  MATCH (x:Episode {id: id})
  CREATE (m)-[:FROM]->(x)
}
CALL () {
  UNWIND $superseded AS row
  MATCH (m:Memory {id: row.id})
  MATCH (h:Memory {id: row.by, project: $project, owner: $owner})
  MERGE (h)-[:SUPERSEDES]->(m)
}
CALL () {
  UNWIND $born AS id
  MATCH (h:Memory {id: id})
  MATCH (m:Memory {superseded_by: id}) WHERE m.project = $project AND m.owner = $owner
  MERGE (h)-[:SUPERSEDES]->(m)
}
CALL () {
  UNWIND $relations AS row
  MATCH (r:Relation {id: row.id})
  MATCH (s:Entity {id: row.subject})
  MATCH (o:Entity {id: row.object})
  CALL (r) {
    MATCH (r)-[:SUBJECT]->(a)
    MATCH (r)-[:OBJECT]->(b)
    MATCH (a)-[x]->(b) WHERE x.relation = r.id
    DELETE x
  }
  MERGE (r)-[:SUBJECT]->(s)
  MERGE (r)-[:OBJECT]->(o)
  CREATE (s)-[x:$(row.edge)]->(o)
  SET x = row.fields, x.relation = row.id
  RETURN count(x) AS shown
}
RETURN shown
