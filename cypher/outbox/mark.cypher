// Mark ids as stale at their present revision; those that are gone, at one above all others.
// params: refs (a list of {id, kind, n}, in the order of ids), gone (that revision)
// returns: nothing
UNWIND $refs AS row
MERGE (s:Stale {id: row.id})
ON CREATE SET s.n = row.n, s.project = '', s.revision = $gone
// This also takes the lock: whoever changes the thing meanwhile marks it anew afterwards.
SET s.kind = row.kind
WITH s, row
OPTIONAL MATCH (m:Memory {id: row.id}) WHERE row.kind = 'memory'
OPTIONAL MATCH (r:Relation {id: row.id}) WHERE row.kind = 'relation'
OPTIONAL MATCH (e:Entity {id: row.id}) WHERE row.kind = 'entity'
WITH s, coalesce(m, r, e) AS x
SET s.revision = coalesce(x.revision, $gone), s.project = coalesce(x.project, '')
