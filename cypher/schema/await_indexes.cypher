// Wait until every index can be asked.
// params: seconds
// returns: nothing
CALL db.awaitIndexes($seconds)
