// Lock partitions, in the order given, until the transaction ends; a new one comes to be, its sequence above those of all
// that were purged. Says of each change whether it was carried out before.
// params: changes (a list of {id, project, owner}), at (microseconds)
// returns: id, project, owner, sequence, applied (the sequence of then, or null)
UNWIND $changes AS change
MERGE (p:Partition {project: change.project, owner: change.owner})
// Writing to the node takes its lock. Nothing of it is read before that, nor what others write under it.
SET p.at = $at
WITH change, p
MATCH (h:House {id: 'house'})
SET p.sequence = coalesce(p.sequence, h.floor)
WITH change, p
OPTIONAL MATCH (a:Applied {id: change.id})
RETURN change.id AS id, p.project AS project, p.owner AS owner, p.sequence AS sequence, a.sequence AS applied
