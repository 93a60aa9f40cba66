// Clear index marks, unless their revision is another by now.
// APOC: `apoc.lock.nodes`, so that nobody renews a mark between reading its revision and clearing it.
// params: done (a list of {id, kind, revision}, in the order of ids)
// returns: nothing
UNWIND $done AS row
MATCH (s:Stale {id: row.id})
WITH collect(s) AS marks
CALL apoc.lock.nodes(marks)
WITH count(*) AS locked
UNWIND $done AS row
MATCH (s:Stale {id: row.id}) WHERE s.kind = row.kind AND s.revision = row.revision
DETACH DELETE s
