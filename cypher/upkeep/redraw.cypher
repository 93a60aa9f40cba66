// Draw the edges of some relations again, and remove strays.
// params: relations (a list of {id, edge}, the type of the edge), strays (element ids of edges)
// returns: nothing
CALL () {
  UNWIND $strays AS id
  MATCH ()-[x]->() WHERE elementId(x) = id
  DELETE x
}
CALL () {
  UNWIND $relations AS row
  MATCH (r:Relation {id: row.id})-[:SUBJECT]->(s)
  MATCH (r)-[:OBJECT]->(o)
  CALL (r, s, o) {
    MATCH (s)-[x]->(o) WHERE x.relation = r.id
    DELETE x
  }
  CREATE (s)-[x:$(row.edge)]->(o)
  SET x = {relation: r.id, label: r.label, valid_at: r.valid_at, invalid_at: r.invalid_at, expired_at: r.expired_at}
}
