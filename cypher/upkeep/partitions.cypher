// Partitions, of a project or an owner where these are not null.
// params: project, owner
// returns: project, owner
MATCH (p:Partition) WHERE p.project IS NOT NULL AND p.owner IS NOT NULL
  AND ($project IS NULL OR p.project = $project) AND ($owner IS NULL OR p.owner = $owner)
RETURN p.project AS project, p.owner AS owner ORDER BY p.project, p.owner
