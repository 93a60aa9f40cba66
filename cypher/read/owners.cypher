// Whose the visible memories are.
// params: project, limit
// returns: owner
// where: place, visible
MATCH (p:Partition {project: $project}) USING INDEX p:Partition(project, owner)
WHERE true /*where place*/ AND EXISTS {
    MATCH (m:Memory {project: $project}) USING INDEX m:Memory(project, owner, created_at)
    WHERE m.owner = p.owner AND m.created_at IS NOT NULL AND true /*where visible*/
}
RETURN p.owner AS owner ORDER BY p.owner LIMIT $limit
