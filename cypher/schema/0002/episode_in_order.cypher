// What was said before and after: the episodes of an owner in the order in which they were said.
// params: none
// returns: nothing
CREATE INDEX episode_in_order IF NOT EXISTS FOR (n:Episode) ON (n.project, n.owner, n.observed_at, n.created_at, n.n)
