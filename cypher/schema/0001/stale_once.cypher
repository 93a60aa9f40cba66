// What is stale in the index is a set.
// params: none
// returns: nothing
CREATE CONSTRAINT stale_once IF NOT EXISTS FOR (n:Stale) REQUIRE n.id IS UNIQUE
