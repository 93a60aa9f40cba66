// What was said before and after: the episodes of a scope in the order in which they were said.
// params: none
// returns: nothing
CREATE INDEX episode_in_scene IF NOT EXISTS FOR (n:Episode) ON (n.project, n.scene, n.turn)
