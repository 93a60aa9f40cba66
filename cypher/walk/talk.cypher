// The first episode of each memory that is kept in its own words, and those said before and after it in the same scope, with
// the visible memories that are these in their own words.
// The index has the episodes of a scope in their order, so that no more are read than are wanted.
// params: project, ids (of memories), reach (episodes on each side), pause (a duration)
// returns: memory (id), before (lists of role, name and ids of memories; the nearest first), here (one such list), after
// where: visible
MATCH (a:Memory {project: $project}) USING INDEX a:Memory(id)
WHERE a.id IN $ids AND a.extractor = 'verbatim'
CALL (a) {
  MATCH (a)-[:FROM]->(x:Episode)
  RETURN x ORDER BY x.turn LIMIT 1
}
CALL (x) {
  MATCH (y:Episode {project: x.project, scene: x.scene}) USING INDEX SEEK y:Episode(project, scene, turn)
  WHERE y.turn < x.turn
  WITH x, y ORDER BY y.project DESC, y.scene DESC, y.turn DESC LIMIT $reach
  WHERE y.observed_at >= x.observed_at - $pause
  RETURN collect(y) AS before
}
CALL (x) {
  MATCH (y:Episode {project: x.project, scene: x.scene}) USING INDEX SEEK y:Episode(project, scene, turn)
  WHERE y.turn > x.turn
  WITH x, y ORDER BY y.project, y.scene, y.turn LIMIT $reach
  WHERE y.observed_at <= x.observed_at + $pause
  RETURN collect(y) AS after
}
WITH a, [x] + before + after AS near, size(before) AS behind
UNWIND range(0, size(near) - 1) AS place
WITH a, near[place] AS y, place, behind
CALL (y) {
  MATCH (y)<-[:FROM]-(m:Memory) WHERE m.extractor = 'verbatim' AND m.project = $project AND true /*where visible*/
      AND NOT EXISTS { MATCH (m)-[:FROM]->(f:Episode) WHERE f.turn < y.turn }
  RETURN collect(m.id) AS told
}
WITH a, place, behind, y.role AS role, y.name AS name, told ORDER BY place
WITH a.id AS memory, behind, collect([role, name, told]) AS near
RETURN memory, near[1..behind + 1] AS before, near[0] AS here, near[behind + 1..] AS after
