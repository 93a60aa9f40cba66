// What of a partition hangs on no memory: episodes that are kept as context, the history of what is gone.
// APOC: `apoc.lock.read.nodes`, so that all that the transaction reads of the partition is one state.
// params: project, owner
// returns: episodes (ids), revisions (lists as `found.revision_from` takes them, in the order of writing)
MATCH (p:Partition {project: $project, owner: $owner})
CALL apoc.lock.read.nodes([p])
CALL () {
  MATCH (x:Episode {project: $project, owner: $owner})
  WHERE x.observed_at IS NOT NULL AND NOT EXISTS { (x)<-[:FROM]-(:Memory) }
  RETURN collect(x.id) AS episodes
}
CALL () {
  MATCH (v:Revision {project: $project, owner: $owner}) WHERE NOT EXISTS { MATCH (:Memory {id: v.memory_id}) }
  WITH v ORDER BY v.n
  RETURN collect([
    v.id, v.memory_id, v.event, v.at.epochMillis * 1000 + v.at.microsecond % 1000, v.old_text, v.new_text, v.reason, v.by,
    v.state
  ]) AS revisions
}
RETURN episodes, revisions
