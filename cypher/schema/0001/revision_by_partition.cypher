// A partition's history.
// params: none
// returns: nothing
CREATE INDEX revision_by_partition IF NOT EXISTS FOR (n:Revision) ON (n.project, n.owner)
