// The relations of some subjects by type, between some pairs, and some by id, with the memories that state them. They are
// found by their own properties: from an entity one would go through all its relations.
// params: slots (lists: subject's id, type), pairs (subject's id, object's id), ids
// returns: relations (ids), memories (ids)
CALL () {
  UNWIND $slots AS slot
  MATCH (r:Relation {subject: slot[0], type: slot[1]}) USING INDEX SEEK r:Relation(subject, type)
  RETURN r
  UNION
  UNWIND $pairs AS pair
  MATCH (r:Relation {subject: pair[0], object: pair[1]}) USING INDEX SEEK r:Relation(subject, object)
  RETURN r
  UNION
  UNWIND $ids AS id
  MATCH (r:Relation {id: id})
  RETURN r
}
OPTIONAL MATCH (r)<-[:STATES]-(m:Memory)
RETURN collect(DISTINCT r.id) AS relations, collect(DISTINCT m.id) AS memories
