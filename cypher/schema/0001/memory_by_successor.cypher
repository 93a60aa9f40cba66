// What a memory superseded.
// params: none
// returns: nothing
CREATE INDEX memory_by_successor IF NOT EXISTS FOR (n:Memory) ON (n.superseded_by)
