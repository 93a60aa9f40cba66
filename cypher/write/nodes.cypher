// Write nodes whole: what is null in `fields` is no property afterwards.
// params: project, owner, episodes (a list of {id, n, fields}), entities ({id, fields, labels, no_labels}), unused ({id of
//    an entity, names}), names ({id of an entity, value, key, phrase}), relations ({id, fields}), memories ({id, fields}),
//    revisions ({id, memory_id, n, fields})
// returns: nothing
CALL () {
  UNWIND $episodes AS row
  MERGE (x:Episode {id: row.id})
  ON CREATE SET x.n = row.n
  SET x += row.fields
}
CALL () {
  UNWIND $entities AS row
  MERGE (e:Entity {id: row.id})
  SET e += row.fields
  SET e:$(row.labels)
  REMOVE e:$(row.no_labels)
}
CALL () {
  UNWIND $unused AS row
  MATCH (n:Name)-[:NAMES]->(:Entity {id: row.id}) WHERE n.value IN row.names
  DETACH DELETE n
}
CALL () {
  UNWIND $names AS row
  MATCH (e:Entity {id: row.id})
  CREATE (:Name {project: $project, owner: $owner, key: row.key, phrase: row.phrase, value: row.value})-[:NAMES]->(e)
}
CALL () {
  UNWIND $relations AS row
  MERGE (r:Relation {id: row.id})
  SET r += row.fields
}
CALL () {
  UNWIND $memories AS row
  MERGE (m:Memory {id: row.id})
  SET m += row.fields
}
CALL () {
  UNWIND $revisions AS row
  MERGE (v:Revision {memory_id: row.memory_id, id: row.id})
  ON CREATE SET v.n = row.n
  SET v += row.fields
}
