// Draw the edges of some relations again, and remove strays.
// params: relations (a list of {id, edge}, the type of the edge), strays (as `upkeep/stray` returns them)
// returns: nothing
CALL () {
  UNWIND $strays AS row
  MATCH (a:Entity {id: row[0]})
  MATCH (b:Entity {id: row[1]})
  MATCH (a)-[x]->(b) WHERE elementId(x) = row[2]
  DELETE x
}
CALL () {
  UNWIND $relations AS row
  MATCH (r:Relation {id: row.id})-[:SUBJECT]->(s)
  MATCH (r)-[:OBJECT]->(o)
  CALL (r) {
    MATCH (r)-[:SUBJECT]->(a)
    MATCH (r)-[:OBJECT]->(b)
    MATCH (a)-[x]->(b) WHERE x.relation = r.id
    DELETE x
  }
  CREATE (s)-[x:$(row.edge)]->(o)
  SET x = {relation: r.id, label: r.label, valid_at: r.valid_at, invalid_at: r.invalid_at, expired_at: r.expired_at}
}
