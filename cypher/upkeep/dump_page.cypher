// A partition's memories after a place in their order, and all that they refer to.
// APOC: `apoc.lock.read.nodes`, so that all that the transaction reads of the partition is one state.
// params: project, owner, at (a moment), id, limit
// returns: memories (ids, in their order), at (microseconds: the last one's created_at), entities (ids, those at the ends of
//    relations among them), relations (ids), episodes (likewise), revisions (lists as `found.revision_from` takes them, in the
//    order of writing)
MATCH (p:Partition {project: $project, owner: $owner})
CALL apoc.lock.read.nodes([p])
CALL () {
  MATCH (m:Memory {project: $project, owner: $owner})
  WHERE m.created_at >= $at AND (m.created_at > $at OR m.id > $id)
  WITH m ORDER BY m.created_at, m.id LIMIT $limit
  RETURN collect(m) AS page
}
CALL (page) {
  UNWIND page AS m
  MATCH (m)-[:MENTIONS]->(e:Entity)
  RETURN collect(DISTINCT e.id) AS mentioned
}
CALL (page) {
  UNWIND page AS m
  MATCH (m)-[:STATES]->(r:Relation)-[:SUBJECT|OBJECT]->(e:Entity)
  RETURN collect(DISTINCT r.id) AS relations, collect(DISTINCT e.id) AS joined
}
CALL (page) {
  UNWIND page AS m
  MATCH (m)-[:FROM]->(x:Episode)
  RETURN collect(DISTINCT x.id) AS episodes
}
CALL (page) {
  UNWIND page AS m
  MATCH (v:Revision {memory_id: m.id})
  WITH v ORDER BY v.n
  RETURN collect([
    v.id, v.memory_id, v.event, v.at.epochMillis * 1000 + v.at.microsecond % 1000, v.old_text, v.new_text, v.reason, v.by,
    v.state
  ]) AS revisions
}
WITH *, last(page) AS end
RETURN [m IN page | m.id] AS memories, end.created_at.epochMillis * 1000 + end.created_at.microsecond % 1000 AS at, mentioned + joined AS entities,
  relations, episodes, revisions
