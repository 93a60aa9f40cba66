// What is stale in the index, oldest first.
// params: none
// returns: nothing
CREATE INDEX stale_by_n IF NOT EXISTS FOR (n:Stale) ON (n.n)
