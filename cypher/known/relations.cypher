// The relations of some subjects by type, between some pairs, and some by id, with the memories that state them. They are
// found by their own properties: from an entity one would go through all its relations.
// Rows carry the place, not the query: the server counts all that a row holds each time that it keeps one.
// params: queries (a list of {slots, pairs, ids}: slots are lists of subject's id and type, pairs of subject's and
//    object's id)
// returns: place, relations (ids), memories (ids)
UNWIND range(0, size($queries) - 1) AS place
CALL (place) {
  CALL (place) {
    UNWIND $queries[place].slots AS slot
    MATCH (r:Relation {subject: slot[0], type: slot[1]}) USING INDEX SEEK r:Relation(subject, type)
    RETURN r
    UNION
    UNWIND $queries[place].pairs AS pair
    MATCH (r:Relation {subject: pair[0], object: pair[1]}) USING INDEX SEEK r:Relation(subject, object)
    RETURN r
    UNION
    UNWIND $queries[place].ids AS id
    MATCH (r:Relation {id: id})
    RETURN r
  }
  OPTIONAL MATCH (r)<-[:STATES]-(m:Memory)
  RETURN collect(DISTINCT r.id) AS relations, collect(DISTINCT m.id) AS memories
}
RETURN place, relations, memories
