// The relations that a memory retired.
// params: none
// returns: nothing
CREATE INDEX relation_by_successor IF NOT EXISTS FOR (n:Relation) ON (n.superseded_by)
