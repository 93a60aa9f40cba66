// How many memories are visible.
// params: project
// returns: count
// where: visible
MATCH (m:Memory {project: $project}) USING INDEX m:Memory(project, owner, created_at)
WHERE m.created_at IS NOT NULL AND true /*where visible*/
RETURN count(m) AS count
