// How much of everything there is in a project.
// params: project
// returns: memories, superseded, entities, relations, episodes, revisions, partitions, stale
CALL () {
  MATCH (m:Memory {project: $project}) WHERE m.owner IS NOT NULL AND m.created_at IS NOT NULL
  RETURN count(m) AS memories, count(m.expired_at) AS superseded
}
CALL () {
  MATCH (e:Entity {project: $project}) WHERE e.owner IS NOT NULL AND e.key IS NOT NULL
  RETURN count(e) AS entities
}
CALL () {
  MATCH (r:Relation {project: $project}) WHERE r.owner IS NOT NULL AND r.type IS NOT NULL
  RETURN count(r) AS relations
}
CALL () {
  MATCH (x:Episode {project: $project}) WHERE x.owner IS NOT NULL AND x.observed_at IS NOT NULL
  RETURN count(x) AS episodes
}
CALL () {
  MATCH (v:Revision {project: $project}) WHERE v.owner IS NOT NULL
  RETURN count(v) AS revisions
}
CALL () {
  MATCH (p:Partition {project: $project}) WHERE p.owner IS NOT NULL
  RETURN count(p) AS partitions
}
CALL () {
  MATCH (s:Stale) WHERE s.n IS NOT NULL AND s.project = $project
  RETURN count(s) AS stale
}
RETURN memories, superseded, entities, relations, episodes, revisions, partitions, stale
