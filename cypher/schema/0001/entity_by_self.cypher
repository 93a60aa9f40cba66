// Who somebody is.
// params: none
// returns: nothing
CREATE INDEX entity_by_self IF NOT EXISTS FOR (n:Entity) ON (n.project, n.owner, n.self_of)
