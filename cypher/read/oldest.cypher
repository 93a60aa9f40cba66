// Visible memories after a place in their order, oldest first.
// params: project, at, id, offset, limit
// returns: memory (a list, see found.memory_from)
// where: place, visible
MATCH (p:Partition {project: $project}) USING INDEX p:Partition(project, owner)
WHERE true /*where place*/
CALL (p) {
    MATCH (m:Memory {project: $project}) USING INDEX m:Memory(project, owner, created_at)
    WHERE m.owner = p.owner AND m.created_at >= $at AND (m.created_at <> $at OR m.id > $id)
        AND true /*where visible*/
    // The index has them in this order, and goes no further than it is asked to.
    RETURN m ORDER BY m.project, m.owner, m.created_at, m.id LIMIT $offset + $limit
}
WITH m ORDER BY m.created_at, m.id SKIP $offset LIMIT $limit
RETURN [
    m.id, m.project, m.user_id, m.agent_id, m.app_id, m.run_id, m.text, m.metadata, m.categories,
    m.observed_at.epochMillis * 1000 + m.observed_at.microsecond % 1000,
    m.valid_at.epochMillis * 1000 + m.valid_at.microsecond % 1000,
    m.invalid_at.epochMillis * 1000 + m.invalid_at.microsecond % 1000,
    m.created_at.epochMillis * 1000 + m.created_at.microsecond % 1000,
    m.updated_at.epochMillis * 1000 + m.updated_at.microsecond % 1000,
    m.expired_at.epochMillis * 1000 + m.expired_at.microsecond % 1000,
    m.superseded_by, m.expiration_date, m.immutable, m.attributed_to, m.feedback, m.extractor, m.model, m.prompt,
    m.revision,
    COLLECT { MATCH (m)-[n:MENTIONS]->(e) RETURN [n.n, e.id, n.name, n.type] },
    COLLECT { MATCH (m)-[:STATES]->(r) RETURN r.id },
    COLLECT { MATCH (m)-[:FROM]->(x) RETURN x.id }
] AS memory
ORDER BY m.created_at, m.id
