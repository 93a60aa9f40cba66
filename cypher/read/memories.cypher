// The visible ones among some memories.
// params: project, ids, links (whether what they mention, state and come from is told)
// returns: memory (a list, see found.memory_from)
// where: visible
MATCH (m:Memory {project: $project}) USING INDEX m:Memory(id)
WHERE m.id IN $ids AND true /*where visible*/
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
    CASE WHEN $links THEN COLLECT { MATCH (m)-[n:MENTIONS]->(e) RETURN [n.n, e.id, n.name, n.type] } ELSE [] END,
    CASE WHEN $links THEN COLLECT { MATCH (m)-[:STATES]->(r) RETURN r.id } ELSE [] END,
    CASE WHEN $links THEN COLLECT { MATCH (m)-[:FROM]->(x) RETURN x.id } ELSE [] END
] AS memory
