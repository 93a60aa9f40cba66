// Whose names a question holds.
// params: none
// returns: nothing
CREATE INDEX name_by_phrase IF NOT EXISTS FOR (n:Name) ON (n.project, n.phrase)
