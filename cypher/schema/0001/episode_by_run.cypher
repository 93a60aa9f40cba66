// A run's newest episodes.
// params: none
// returns: nothing
CREATE INDEX episode_by_run IF NOT EXISTS FOR (n:Episode) ON (n.project, n.owner, n.run_id, n.observed_at)
