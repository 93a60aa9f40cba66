// Lock a partition and erase what it keeps of deleted memories: their history, and that they were successors.
// params: project, owner, at (microseconds)
// returns: revisions (how many went), states (lists: memory id, id, state as JSON, of entries that name a successor which is
//    gone)
MATCH (p:Partition {project: $project, owner: $owner})
SET p.at = $at
WITH p
CALL () {
  MATCH (v:Revision {project: $project, owner: $owner}) WHERE NOT EXISTS { MATCH (:Memory {id: v.memory_id}) }
  DETACH DELETE v
  RETURN count(*) AS revisions
}
CALL () {
  MATCH (m:Memory) WHERE m.superseded_by IS NOT NULL AND m.project = $project AND m.owner = $owner
    AND NOT EXISTS { MATCH (:Memory {id: m.superseded_by}) }
  SET m.superseded_by = null
}
CALL () {
  MATCH (r:Relation) WHERE r.superseded_by IS NOT NULL AND r.project = $project AND r.owner = $owner
    AND NOT EXISTS { MATCH (:Memory {id: r.superseded_by}) }
  SET r.superseded_by = null
}
CALL () {
  MATCH (v:Revision {project: $project, owner: $owner})
  WHERE v.successor IS NOT NULL AND NOT EXISTS { MATCH (:Memory {id: v.successor}) }
  RETURN collect([v.memory_id, v.id, v.state]) AS states
}
RETURN revisions, states
