// A partition's newest episodes.
// params: none
// returns: nothing
CREATE INDEX episode_by_time IF NOT EXISTS FOR (n:Episode) ON (n.project, n.owner, n.observed_at)
