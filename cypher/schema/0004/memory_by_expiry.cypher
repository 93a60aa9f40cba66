// A partition's memories that hide from a day on.
// params: none
// returns: nothing
CREATE INDEX memory_by_expiry IF NOT EXISTS FOR (n:Memory) ON (n.project, n.owner, n.expiration_date)
