// Take away what is dropped, and links that are about to be written otherwise.
// params: histories (lists: memory id, project, owner), memories (ids), episodes (ids), unlinked (ids of memories), inherited
//    (ids of memories with another successor), moved (ids of relations with other ends or another type)
// returns: nothing
CALL () {
  UNWIND $histories AS row
  MATCH (v:Revision {memory_id: row[0], project: row[1], owner: row[2]}) USING INDEX SEEK v:Revision(memory_id)
  DETACH DELETE v
}
CALL () {
  UNWIND $memories AS id
  MATCH (m:Memory {id: id})
  DETACH DELETE m
}
CALL () {
  UNWIND $episodes AS id
  MATCH (x:Episode {id: id})
  DETACH DELETE x
}
CALL () {
  UNWIND $unlinked AS id
  MATCH (m:Memory {id: id})-[x:MENTIONS|STATES|FROM]->() USING INDEX SEEK m:Memory(id)
  DELETE x
}
CALL () {
  UNWIND $inherited AS id
  MATCH (m:Memory {id: id})<-[x:SUPERSEDES]-(:Memory) USING INDEX SEEK m:Memory(id)
  DELETE x
}
CALL () {
  UNWIND $moved AS id
  MATCH (r:Relation {id: id})
  CALL (r) {
    MATCH (r)-[:SUBJECT]->(s)
    MATCH (r)-[:OBJECT]->(o)
    MATCH (s)-[x]->(o) WHERE x.relation = r.id
    DELETE x
  }
}
CALL () {
  UNWIND $moved AS id
  MATCH (r:Relation {id: id})-[x:SUBJECT|OBJECT]->(:Entity) USING INDEX SEEK r:Relation(id)
  DELETE x
}
