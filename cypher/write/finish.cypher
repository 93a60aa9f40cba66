// Move the partition's sequence, note that the change was carried out, and mark what is stale in the index. An id that is
// marked already keeps its place in the order.
// params: project, owner, id, sequence, at (microseconds), stale (lists: id, kind, n)
// returns: nothing
MATCH (p:Partition {project: $project, owner: $owner})
SET p.sequence = $sequence
CREATE (:Applied {id: $id, sequence: $sequence, at: $at})
WITH 1 AS done
UNWIND $stale AS row
MERGE (s:Stale {id: row[0]})
ON CREATE SET s.n = row[2]
SET s.kind = row[1], s.revision = $sequence, s.project = $project
