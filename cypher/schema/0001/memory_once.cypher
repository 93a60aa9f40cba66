// Ids are never used twice.
// params: none
// returns: nothing
CREATE CONSTRAINT memory_once IF NOT EXISTS FOR (n:Memory) REQUIRE n.id IS UNIQUE
