// A partition's memories, in the order of pages.
// params: none
// returns: nothing
CREATE INDEX memory_by_time IF NOT EXISTS FOR (n:Memory) ON (n.project, n.owner, n.created_at)
