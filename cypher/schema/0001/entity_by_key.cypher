// A partition's entities, in the order of pages.
// params: none
// returns: nothing
CREATE INDEX entity_by_key IF NOT EXISTS FOR (n:Entity) ON (n.project, n.owner, n.key)
