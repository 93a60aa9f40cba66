// A ChangeSet is carried out once.
// params: none
// returns: nothing
CREATE CONSTRAINT applied_once IF NOT EXISTS FOR (n:Applied) REQUIRE n.id IS UNIQUE
