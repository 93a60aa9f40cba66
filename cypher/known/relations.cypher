// The relations of some subjects by type, between some pairs, and some by id, with the memories that state them.
// params: slots (lists: subject's id, type), pairs (subject's id, object's id), ids
// returns: relations (ids), memories (ids)
CALL () {
  UNWIND $slots AS slot
  MATCH (:Entity {id: slot[0]})<-[:SUBJECT]-(r:Relation) WHERE r.type = slot[1]
  RETURN r
  UNION
  UNWIND $pairs AS pair
  MATCH (s:Entity {id: pair[0]})
  MATCH (o:Entity {id: pair[1]})
  MATCH (s)<-[:SUBJECT]-(r:Relation)-[:OBJECT]->(o)
  RETURN r
  UNION
  UNWIND $ids AS id
  MATCH (r:Relation {id: id})
  RETURN r
}
OPTIONAL MATCH (r)<-[:STATES]-(m:Memory)
RETURN collect(DISTINCT r.id) AS relations, collect(DISTINCT m.id) AS memories
