// A partition's memories that are retired.
// params: none
// returns: nothing
CREATE INDEX memory_by_retirement IF NOT EXISTS FOR (n:Memory) ON (n.project, n.owner, n.expired_at)
