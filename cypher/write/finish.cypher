// Move the partitions' sequences, note that the changes were carried out, and mark what is stale in the index. An id that is
// marked already keeps its place in the order.
// params: changes (a list of {project, owner, id, sequence, stale}: stale are lists of id, kind and n), at (microseconds)
// returns: nothing
UNWIND $changes AS change
MATCH (p:Partition {project: change.project, owner: change.owner})
SET p.sequence = change.sequence
CREATE (:Applied {id: change.id, sequence: change.sequence, at: $at})
WITH change
UNWIND change.stale AS row
MERGE (s:Stale {id: row[0]})
ON CREATE SET s.n = row[2]
SET s.kind = row[1], s.revision = change.sequence, s.project = change.project
