// Read-lock partitions, so that all that the transaction reads of each is one state; their sequences, and what can be found
// in them without knowing more. Of a partition that is not there there is no row.
// APOC: `apoc.lock.read.nodes`, for Cypher by itself locks only what it writes.
// Where to begin is said to the planner throughout: while much is being written, its statistics are of a smaller database,
// and it would go through all of an index.
// A query wants entities by folded `names` and by `selves` (values of self_of); memories by id and by text key, with what
// hangs on them if `dependents` is set; its `last` newest episodes, and the `last_of_run` newest of its `run`.
// params: queries (a list of {place, project, owner, names, selves, memory_ids, texts, dependents, run, last, last_of_run}, in
//    the order of project and owner, in which writers lock too), last (the most that any wants), last_of_run (likewise)
// returns: place, sequence, called (lists: folded name, entity id), selves (self_of, entity id), memories (ids), relations
//    (likewise), episodes
UNWIND $queries AS query
MATCH (p:Partition {project: query.project, owner: query.owner})
WITH collect(p) AS partitions
CALL apoc.lock.read.nodes(partitions)
// Found again, or the sequences would be those that were read before they were locked.
WITH count(*) AS locked
UNWIND $queries AS query
MATCH (p:Partition {project: query.project, owner: query.owner})
WITH query, p.sequence AS sequence
CALL (query) {
  UNWIND query.names AS key
  MATCH (n:Name {project: query.project, owner: query.owner, key: key})-[:NAMES]->(e:Entity)
  USING INDEX SEEK n:Name(project, owner, key)
  RETURN collect(DISTINCT [key, e.id]) AS called
}
CALL (query) {
  UNWIND query.selves AS self_of
  MATCH (e:Entity {project: query.project, owner: query.owner, self_of: self_of}) USING INDEX SEEK e:Entity(project, owner, self_of)
  RETURN collect([self_of, e.id]) AS selves
}
CALL (query) {
  UNWIND query.memory_ids AS id
  MATCH (m:Memory {id: id, project: query.project, owner: query.owner}) USING INDEX SEEK m:Memory(id)
  RETURN collect(id) AS asked
}
CALL (query) {
  UNWIND query.texts AS key
  MATCH (m:Memory {project: query.project, owner: query.owner, text_key: key}) USING INDEX SEEK m:Memory(project, owner, text_key)
  RETURN collect(m.id) AS told
}
WITH *, CASE WHEN query.dependents THEN asked ELSE [] END AS hanging
CALL (query, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {superseded_by: id}) USING INDEX SEEK m:Memory(superseded_by)
  WHERE m.project = query.project AND m.owner = query.owner
  RETURN collect(m.id) AS superseded
}
CALL (query, hanging) {
  UNWIND hanging AS id
  MATCH (r:Relation {superseded_by: id}) USING INDEX SEEK r:Relation(superseded_by)
  WHERE r.project = query.project AND r.owner = query.owner
  RETURN collect(r.id) AS retired
}
CALL (query, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:STATES]->(r:Relation) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT r.id) AS stated
}
CALL (query, hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:FROM]->(x:Episode) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT x.id) AS sources
}
CALL (query) {
  // One that wants none does not look: a partition may have any number of episodes.
  UNWIND CASE WHEN query.last > 0 THEN [1] ELSE [] END AS wanted
  CALL (query) {
    MATCH (x:Episode {project: query.project, owner: query.owner}) USING INDEX SEEK x:Episode(project, owner, observed_at)
    WHERE x.observed_at IS NOT NULL
    // The index has them in this order, and goes no further than it is asked to.
    RETURN x ORDER BY x.project DESC, x.owner DESC, x.observed_at DESC, x.created_at DESC, x.n DESC LIMIT $last
  }
  RETURN collect(x.id) AS newest
}
CALL (query) {
  UNWIND CASE WHEN query.last_of_run > 0 THEN [1] ELSE [] END AS wanted
  CALL (query) {
    MATCH (x:Episode {project: query.project, owner: query.owner, run_id: query.run})
    USING INDEX SEEK x:Episode(project, owner, run_id, observed_at)
    WHERE x.observed_at IS NOT NULL
    RETURN x
    ORDER BY x.project DESC, x.owner DESC, x.run_id DESC, x.observed_at DESC, x.created_at DESC, x.n DESC
    LIMIT $last_of_run
  }
  RETURN collect(x.id) AS newest_of_run
}
RETURN query.place AS place, sequence, called, selves, asked + told + superseded AS memories, retired + stated AS relations,
  sources + newest[..query.last] + newest_of_run[..query.last_of_run] AS episodes
