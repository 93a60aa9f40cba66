// Entries of history whose state names a successor.
// params: none
// returns: nothing
CREATE INDEX revision_by_successor IF NOT EXISTS FOR (n:Revision) ON (n.successor)
