// Ids are never used twice.
// params: none
// returns: nothing
CREATE CONSTRAINT entity_once IF NOT EXISTS FOR (n:Entity) REQUIRE n.id IS UNIQUE
