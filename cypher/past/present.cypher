// An owner's memories apart from their links, in the order of their making, after a place in it.
// params: project, at, id, limit
// returns: memory (a list, see found.memory_from, without links)
// where: visible
MATCH (m:Memory {project: $project}) USING INDEX m:Memory(project, owner, created_at)
WHERE m.created_at >= $at AND (m.created_at <> $at OR m.id > $id) AND true /*where visible*/
WITH m ORDER BY m.project, m.owner, m.created_at, m.id LIMIT $limit
RETURN [
    m.id, m.project, m.user_id, m.agent_id, m.app_id, m.run_id, m.text, m.metadata, m.categories,
    m.observed_at.epochMillis * 1000 + m.observed_at.microsecond % 1000,
    m.valid_at.epochMillis * 1000 + m.valid_at.microsecond % 1000,
    m.invalid_at.epochMillis * 1000 + m.invalid_at.microsecond % 1000,
    m.created_at.epochMillis * 1000 + m.created_at.microsecond % 1000,
    m.updated_at.epochMillis * 1000 + m.updated_at.microsecond % 1000,
    m.expired_at.epochMillis * 1000 + m.expired_at.microsecond % 1000,
    m.superseded_by, m.expiration_date, m.immutable, m.attributed_to, m.feedback, m.extractor, m.model, m.prompt,
    m.revision
] AS memory
ORDER BY m.project, m.owner, m.created_at, m.id
