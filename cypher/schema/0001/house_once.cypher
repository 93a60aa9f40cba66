// There is one house: what is known of the whole store.
// params: none
// returns: nothing
CREATE CONSTRAINT house_once IF NOT EXISTS FOR (n:House) REQUIRE n.id IS UNIQUE
