// Its place took `episode_in_scene`.
// params: none
// returns: nothing
DROP INDEX episode_in_order IF EXISTS
