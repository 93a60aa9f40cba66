// Write the links of memories and relations, whose nodes are there.
// The edge that shows a relation takes its type from the data, natively: `apoc.merge.relationship` compiles a query for
// each type that it meets (30 ms; open vocabularies bring thousands). That type is the row's `edge`.
// params: moments (as in `write/nodes`), mentions (lists: id of a memory, entity's id, n, name, type), states
//    ({id of a memory, relations}), sources ({id of a memory, episodes}), superseded ({id of a memory, by}), born (ids of new
//    memories), relations ({id, subject, edge, object, fields, at})
// returns: nothing
CALL () {
  UNWIND $mentions AS row
  MATCH (m:Memory {id: row[0]})
  MATCH (e:Entity {id: row[1]})
  CREATE (m)-[:MENTIONS {n: row[2], name: row[3], type: row[4]}]->(e)
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
  MATCH (h:Memory {id: row.by, project: m.project, owner: m.owner}) USING INDEX SEEK h:Memory(id)
  MERGE (h)-[:SUPERSEDES]->(m)
}
CALL () {
  UNWIND $born AS id
  MATCH (h:Memory {id: id})
  MATCH (m:Memory {superseded_by: id}) USING INDEX SEEK m:Memory(superseded_by)
  WHERE m.project = h.project AND m.owner = h.owner
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
  SET x += $moments[row.at]
  RETURN count(x) AS shown
}
RETURN shown
