// A run's episodes.
// params: none
// returns: nothing
CREATE INDEX episode_by_run IF NOT EXISTS FOR (n:Episode) ON (n.project, n.owner, n.run_id)
