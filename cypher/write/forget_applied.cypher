// Forget the ChangeSets that were carried out long ago.
// params: before (microseconds)
// returns: nothing
MATCH (a:Applied) WHERE a.at < $before
DELETE a
