// Forget which ChangeSets were carried out.
// params: none
// returns: nothing
MATCH (a:Applied) WHERE a.at IS NOT NULL
DELETE a
