// Ids are never used twice.
// params: none
// returns: nothing
CREATE CONSTRAINT episode_once IF NOT EXISTS FOR (n:Episode) REQUIRE n.id IS UNIQUE
