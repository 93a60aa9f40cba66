// Remove a locked partition if it is empty; new ones start above its sequence.
// params: project, owner, at (microseconds)
// returns: partitions (how many went: 1 or 0)
MATCH (p:Partition {project: $project, owner: $owner}) USING INDEX SEEK p:Partition(project, owner)
WHERE NOT EXISTS { MATCH (m:Memory {project: $project, owner: $owner}) WHERE m.created_at IS NOT NULL }
  AND NOT EXISTS { MATCH (x:Episode {project: $project, owner: $owner}) WHERE x.observed_at IS NOT NULL }
MATCH (h:House {id: 'house'})
// Writing to the house takes its lock, under which its floor only rises.
SET h.at = $at
WITH p, h, p.sequence AS sequence
SET h.floor = CASE WHEN h.floor < sequence THEN sequence ELSE h.floor END
DETACH DELETE p
RETURN count(*) AS partitions
