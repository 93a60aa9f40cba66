// What joins two entities.
// params: none
// returns: nothing
CREATE INDEX relation_by_ends IF NOT EXISTS FOR (n:Relation) ON (n.subject, n.object)
