// How much of everything there is.
// params: none
// returns: memories, superseded, entities, relations, episodes, revisions, partitions, stale
RETURN COUNT { (:Memory) } AS memories, COUNT { (m:Memory) WHERE m.expired_at IS NOT NULL } AS superseded,
  COUNT { (:Entity) } AS entities, COUNT { (:Relation) } AS relations, COUNT { (:Episode) } AS episodes,
  COUNT { (:Revision) } AS revisions, COUNT { (:Partition) } AS partitions, COUNT { (:Stale) } AS stale
