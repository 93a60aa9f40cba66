// An entry of a memory's history is there once.
// params: none
// returns: nothing
CREATE CONSTRAINT revision_once IF NOT EXISTS FOR (n:Revision) REQUIRE (n.memory_id, n.id) IS UNIQUE
