// Ids are never used twice. Relations are nodes, because what hangs on them does not fit an edge.
// params: none
// returns: nothing
CREATE CONSTRAINT relation_once IF NOT EXISTS FOR (n:Relation) REQUIRE n.id IS UNIQUE
