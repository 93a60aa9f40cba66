// The revisions of a memory and of all that it superseded, directly or not.
// params: project, id
// returns: revision (a list, see found.revision_from)
OPTIONAL MATCH (m:Memory {superseded_by: $id}) USING INDEX m:Memory(superseded_by)
WHERE m.project = $project
OPTIONAL MATCH (m)-[:SUPERSEDES*0..]->(o)
WHERE o.project = $project
WITH collect(DISTINCT o.id) AS before
UNWIND [$id] + [id IN before WHERE id <> $id] AS id
MATCH (v:Revision {memory_id: id}) USING INDEX v:Revision(memory_id)
WHERE v.project = $project
RETURN [
    v.id, v.memory_id, v.event, v.at.epochMillis * 1000 + v.at.microsecond % 1000, v.old_text, v.new_text, v.reason, v.by,
    v.state
] AS revision
ORDER BY v.at, v.n
