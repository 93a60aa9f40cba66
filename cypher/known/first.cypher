// Read-lock partitions, so that all that the transaction reads of each is one state; their sequences, and what can be found
// in them without knowing more. Of a partition that is not there there is no row.
// APOC: `apoc.lock.read.nodes`, for Cypher by itself locks only what it writes.
// Where to begin is said to the planner throughout: while much is being written, its statistics are of a smaller database,
// and it would go through all of an index.
// A query wants entities by folded `names` and by `selves` (values of self_of); memories by id and by text key, with what
// hangs on them if `dependents` is set; its `last` newest episodes, and the `last_of_run` newest of its `run`.
// Rows carry the place, not the query: the server counts all that a row holds each time that it keeps one.
// params: queries (a list of {project, owner, names, selves, memory_ids, texts, dependents, run, last, last_of_run}, in
//    the order of project and owner, in which writers lock too), last (the most that any wants), last_of_run (likewise)
// returns: place, sequence, called (lists: folded name, entity id), selves (self_of, entity id), memories (ids), relations
//    (likewise), episodes
UNWIND range(0, size($queries) - 1) AS place
MATCH (p:Partition {project: $queries[place].project, owner: $queries[place].owner})
WITH collect(p) AS partitions
CALL apoc.lock.read.nodes(partitions)
// Found again, or the sequences would be those that were read before they were locked.
WITH count(*) AS locked
UNWIND range(0, size($queries) - 1) AS place
MATCH (p:Partition {project: $queries[place].project, owner: $queries[place].owner})
WITH place, p.sequence AS sequence
CALL (place) {
  UNWIND $queries[place].names AS key
  MATCH (n:Name {project: $queries[place].project, owner: $queries[place].owner, key: key})-[:NAMES]->(e:Entity)
  USING INDEX SEEK n:Name(project, owner, key)
  RETURN collect(DISTINCT [key, e.id]) AS called
}
CALL (place) {
  UNWIND $queries[place].selves AS self_of
  MATCH (e:Entity {project: $queries[place].project, owner: $queries[place].owner, self_of: self_of}) USING INDEX SEEK e:Entity(project, owner, self_of)
  RETURN collect([self_of, e.id]) AS selves
}
CALL (place) {
  UNWIND $queries[place].memory_ids AS id
  MATCH (m:Memory {id: id, project: $queries[place].project, owner: $queries[place].owner}) USING INDEX SEEK m:Memory(id)
  RETURN collect(id) AS asked
}
CALL (place) {
  UNWIND $queries[place].texts AS key
  MATCH (m:Memory {project: $queries[place].project, owner: $queries[place].owner, text_key: key}) USING INDEX SEEK m:Memory(project, owner, text_key)
  RETURN collect(m.id) AS told
}
WITH *, CASE WHEN $queries[place].dependents THEN asked ELSE [] END AS hanging
CALL (place, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {superseded_by: id}) USING INDEX SEEK m:Memory(superseded_by)
  WHERE m.project = $queries[place].project AND m.owner = $queries[place].owner
  RETURN collect(m.id) AS superseded
}
CALL (place, hanging) {
  UNWIND hanging AS id
  MATCH (r:Relation {superseded_by: id}) USING INDEX SEEK r:Relation(superseded_by)
  WHERE r.project = $queries[place].project AND r.owner = $queries[place].owner
  RETURN collect(r.id) AS retired
}
CALL (place, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:STATES]->(r:Relation) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT r.id) AS stated
}
CALL (place, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:FROM]->(x:Episode) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT x.id) AS sources
}
CALL (place) {
  // One that wants none does not look: a partition may have any number of episodes.
  UNWIND CASE WHEN $queries[place].last > 0 THEN [1] ELSE [] END AS wanted
  CALL (place) {
    MATCH (x:Episode {project: $queries[place].project, owner: $queries[place].owner}) USING INDEX SEEK x:Episode(project, owner, observed_at)
    WHERE x.observed_at IS NOT NULL
    // The index has them in this order, and goes no further than it is asked to.
    RETURN x ORDER BY x.project DESC, x.owner DESC, x.observed_at DESC, x.created_at DESC, x.n DESC LIMIT $last
  }
  RETURN collect(x.id) AS newest
}
CALL (place) {
  UNWIND CASE WHEN $queries[place].last_of_run > 0 THEN [1] ELSE [] END AS wanted
  CALL (place) {
    MATCH (x:Episode {project: $queries[place].project, owner: $queries[place].owner, run_id: $queries[place].run})
    USING INDEX SEEK x:Episode(project, owner, run_id, observed_at)
    WHERE x.observed_at IS NOT NULL
    RETURN x
    ORDER BY x.project DESC, x.owner DESC, x.run_id DESC, x.observed_at DESC, x.created_at DESC, x.n DESC
    LIMIT $last_of_run
  }
  RETURN collect(x.id) AS newest_of_run
}
RETURN place, sequence, called, selves, asked + told + superseded AS memories, retired + stated AS relations,
  sources + newest[..$queries[place].last] + newest_of_run[..$queries[place].last_of_run] AS episodes
