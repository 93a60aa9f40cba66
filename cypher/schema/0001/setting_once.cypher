// A setting has one value.
// params: none
// returns: nothing
CREATE CONSTRAINT setting_once IF NOT EXISTS FOR (n:Setting) REQUIRE (n.project, n.name) IS UNIQUE
