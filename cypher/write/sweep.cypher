// Remove what nothing refers to any longer; give those relations a new revision whose sentences changed with a name.
// params: doubtful (ids of relations that may be stated no longer), gone (ids of entities that no memory mentions), renamed
//    (lists: id of an entity, revision)
// returns: relations (ids of the removed), entities (likewise), retold (lists: id of a renamed entity, relation's id)
CALL () {
  UNWIND $doubtful AS id
  MATCH (r:Relation {id: id}) WHERE NOT EXISTS { (r)<-[:STATES]-(:Memory) }
  CALL (r) {
    MATCH (r)-[:SUBJECT]->(s)
    MATCH (r)-[:OBJECT]->(o)
    MATCH (s)-[x]->(o) WHERE x.relation = r.id
    DELETE x
  }
  DETACH DELETE r
  RETURN collect(DISTINCT id) AS relations
}
CALL () {
  UNWIND $renamed AS row
  MATCH (e:Entity {id: row[0]})<-[:SUBJECT|OBJECT]-(r:Relation) USING INDEX SEEK e:Entity(id)
  SET r.revision = row[1]
  RETURN collect(DISTINCT [e.id, r.id]) AS retold
}
CALL () {
  UNWIND $gone AS id
  // An entity stays while a relation refers to it, however it came to be that none mentions it.
  MATCH (e:Entity {id: id}) WHERE NOT EXISTS { (e)<-[:SUBJECT|OBJECT]-(:Relation) }
  DETACH DELETE e
  RETURN collect(id) AS entities
}
RETURN relations, entities, retold
