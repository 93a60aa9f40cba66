// Read-lock a partition, so that all that the transaction reads of it is one state; its sequence, and what can be found in it
// without knowing more. No row: there is no such partition.
// APOC: `apoc.lock.read.nodes`, for Cypher by itself locks only what it writes.
// Where to begin is said to the planner throughout: while much is being written, its statistics are of a smaller database,
// and it would go through all of an index.
// params: project, owner, names (folded), selves (values of self_of), memory_ids, texts (text keys), dependents (whether
//    what hangs on those memories is asked for too), run, last (newest episodes), last_of_run (newest of the run)
// returns: sequence, called (lists: folded name, entity id), selves (self_of, entity id), memories (ids), relations (likewise),
//    episodes
MATCH (p:Partition {project: $project, owner: $owner})
CALL apoc.lock.read.nodes([p])
// Found again, or its sequence would be one that was read before it was locked.
WITH count(*) AS locked
MATCH (p:Partition {project: $project, owner: $owner})
WITH p.sequence AS sequence
CALL () {
  UNWIND $names AS key
  MATCH (n:Name {project: $project, owner: $owner, key: key})-[:NAMES]->(e:Entity)
  USING INDEX SEEK n:Name(project, owner, key)
  RETURN collect(DISTINCT [key, e.id]) AS called
}
CALL () {
  UNWIND $selves AS self_of
  MATCH (e:Entity {project: $project, owner: $owner, self_of: self_of}) USING INDEX SEEK e:Entity(project, owner, self_of)
  RETURN collect([self_of, e.id]) AS selves
}
CALL () {
  UNWIND $memory_ids AS id
  MATCH (m:Memory {id: id, project: $project, owner: $owner}) USING INDEX SEEK m:Memory(id)
  RETURN collect(id) AS asked
}
CALL () {
  UNWIND $texts AS key
  MATCH (m:Memory {project: $project, owner: $owner, text_key: key}) USING INDEX SEEK m:Memory(project, owner, text_key)
  RETURN collect(m.id) AS told
}
WITH *, CASE WHEN $dependents THEN asked ELSE [] END AS hanging
CALL (hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {superseded_by: id}) USING INDEX SEEK m:Memory(superseded_by)
  WHERE m.project = $project AND m.owner = $owner
  RETURN collect(m.id) AS superseded
}
CALL (hanging) {
  UNWIND hanging AS id
  MATCH (r:Relation {superseded_by: id}) USING INDEX SEEK r:Relation(superseded_by)
  WHERE r.project = $project AND r.owner = $owner
  RETURN collect(r.id) AS retired
}
CALL (hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:STATES]->(r:Relation) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT r.id) AS stated
}
CALL (hanging) {
  UNWIND hanging AS id
  MATCH (m:Memory {id: id})-[:FROM]->(x:Episode) USING INDEX SEEK m:Memory(id)
  RETURN collect(DISTINCT x.id) AS sources
}
CALL () {
  // One that wants none does not look: a partition may have any number of episodes.
  UNWIND CASE WHEN $last > 0 THEN [1] ELSE [] END AS wanted
  CALL () {
    MATCH (x:Episode {project: $project, owner: $owner}) USING INDEX SEEK x:Episode(project, owner, observed_at)
    WHERE x.observed_at IS NOT NULL
    // The index has them in this order, and goes no further than it is asked to.
    RETURN x ORDER BY x.project DESC, x.owner DESC, x.observed_at DESC, x.created_at DESC, x.n DESC LIMIT $last
  }
  RETURN collect(x.id) AS newest
}
CALL () {
  UNWIND CASE WHEN $last_of_run > 0 THEN [1] ELSE [] END AS wanted
  CALL () {
    MATCH (x:Episode {project: $project, owner: $owner, run_id: $run})
    USING INDEX SEEK x:Episode(project, owner, run_id, observed_at)
    WHERE x.observed_at IS NOT NULL
    RETURN x
    ORDER BY x.project DESC, x.owner DESC, x.run_id DESC, x.observed_at DESC, x.created_at DESC, x.n DESC
    LIMIT $last_of_run
  }
  RETURN collect(x.id) AS newest_of_run
}
RETURN sequence, called, selves, asked + told + superseded AS memories, retired + stated AS relations,
  sources + newest + newest_of_run AS episodes
