// A partition is its project and its owner. `apply` locks it first, and this is what it is found by.
// params: none
// returns: nothing
CREATE CONSTRAINT partition_once IF NOT EXISTS FOR (n:Partition) REQUIRE (n.project, n.owner) IS UNIQUE
