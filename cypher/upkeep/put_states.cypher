// Rewrite the states in entries of history: they name no successor any longer.
// params: states (a list of {memory_id, id, state as JSON})
// returns: nothing
UNWIND $states AS row
MATCH (v:Revision {memory_id: row.memory_id, id: row.id})
SET v.state = row.state, v.successor = null
