// Write nodes whole: what is null in `fields` is no property afterwards.
// params: moments (a list of maps of fields, each there once: `at` of a row is the place of its own), episodes
//    (a list of {id, n, fields, at}), entities ({id, fields, at, labels, no_labels}), unused ({id of an entity, names}), names
//    (lists: id of an entity, value, key, phrase), relations ({id, fields, at}), memories ({id, fields, at}), revisions ({id,
//    memory_id, n, fields, at})
// returns: nothing
CALL () {
  UNWIND $episodes AS row
  MERGE (x:Episode {id: row.id})
  ON CREATE SET x.n = row.n
  SET x += row.fields
  SET x += $moments[row.at]
  // Where it stands: its scope, and within that a text which sorts as it was said, by microseconds since the year 1.
  SET x.scene = reduce(key = '', id IN [x.user_id, x.agent_id, x.app_id, x.run_id] |
    key + toString(size(coalesce(id, ''))) + ':' + coalesce(id, ''))
  SET x.turn = reduce(key = '', at IN [x.observed_at, x.created_at] |
    key + right('00000000000000000' + toString((at.epochSeconds + 62135596800) * 1000000 + at.microsecond), 18)
  ) + right('00000000000' + toString(x.n), 12)
}
CALL () {
  UNWIND $entities AS row
  MERGE (e:Entity {id: row.id})
  SET e += row.fields
  SET e += $moments[row.at]
  SET e:$(row.labels)
  REMOVE e:$(row.no_labels)
}
CALL () {
  UNWIND $unused AS row
  MATCH (n:Name)-[:NAMES]->(e:Entity {id: row.id}) USING INDEX SEEK e:Entity(id)
  WHERE n.value IN row.names
  DETACH DELETE n
}
CALL () {
  UNWIND $names AS row
  MATCH (e:Entity {id: row[0]})
  CREATE (:Name {project: e.project, owner: e.owner, value: row[1], key: row[2], phrase: row[3]})-[:NAMES]->(e)
}
CALL () {
  UNWIND $relations AS row
  MERGE (r:Relation {id: row.id})
  SET r += row.fields
  SET r += $moments[row.at]
}
CALL () {
  UNWIND $memories AS row
  MERGE (m:Memory {id: row.id})
  SET m += row.fields
  SET m += $moments[row.at]
}
CALL () {
  UNWIND $revisions AS row
  MERGE (v:Revision {memory_id: row.memory_id, id: row.id})
  ON CREATE SET v.n = row.n
  SET v += row.fields
  SET v += $moments[row.at]
}
