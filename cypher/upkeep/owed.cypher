// The partitions that hold something of what was deleted, or nothing at all.
// params: none
// returns: project, owner
CALL () {
  MATCH (v:Revision) WHERE v.memory_id IS NOT NULL AND NOT EXISTS { MATCH (:Memory {id: v.memory_id}) }
  RETURN v.project AS project, v.owner AS owner
  UNION
  MATCH (v:Revision) WHERE v.successor IS NOT NULL AND NOT EXISTS { MATCH (:Memory {id: v.successor}) }
  RETURN v.project AS project, v.owner AS owner
  UNION
  MATCH (m:Memory) WHERE m.superseded_by IS NOT NULL AND NOT EXISTS { MATCH (:Memory {id: m.superseded_by}) }
  RETURN m.project AS project, m.owner AS owner
  UNION
  MATCH (r:Relation) WHERE r.superseded_by IS NOT NULL AND NOT EXISTS { MATCH (:Memory {id: r.superseded_by}) }
  RETURN r.project AS project, r.owner AS owner
  UNION
  MATCH (p:Partition) WHERE p.project IS NOT NULL AND p.owner IS NOT NULL
    AND NOT EXISTS { MATCH (m:Memory {project: p.project, owner: p.owner}) WHERE m.created_at IS NOT NULL }
    AND NOT EXISTS { MATCH (x:Episode {project: p.project, owner: p.owner}) WHERE x.observed_at IS NOT NULL }
  RETURN p.project AS project, p.owner AS owner
}
RETURN project, owner ORDER BY project, owner
