// What history said of memories at some time.
// params: project, known_at, ids
// returns: id, state (JSON)
UNWIND $ids AS id
MATCH (v:Revision {memory_id: id}) USING INDEX v:Revision(memory_id)
WHERE v.project = $project AND v.at <= $known_at AND v.state <> '{}'
WITH id, v ORDER BY v.at DESC, v.n DESC
RETURN id, head(collect(v.state)) AS state
