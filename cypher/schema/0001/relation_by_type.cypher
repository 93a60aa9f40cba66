// A partition's relations, of one type.
// params: none
// returns: nothing
CREATE INDEX relation_by_type IF NOT EXISTS FOR (n:Relation) ON (n.project, n.owner, n.type)
