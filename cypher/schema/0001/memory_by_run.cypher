// What a run has part in.
// params: none
// returns: nothing
CREATE INDEX memory_by_run IF NOT EXISTS FOR (n:Memory) ON (n.run_id)
