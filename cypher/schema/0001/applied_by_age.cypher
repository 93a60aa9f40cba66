// ChangeSets that were carried out are forgotten by age.
// params: none
// returns: nothing
CREATE INDEX applied_by_age IF NOT EXISTS FOR (n:Applied) ON (n.at)
