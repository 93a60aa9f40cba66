// An owner's memories made by some time, apart from their links, with what history said of them then; in the order of their
// making, after a place in it.
// params: project, known_at, at, id, limit
// returns: memory (a list, see found.memory_from, without links), state (JSON)
// where: visible
MATCH (m:Memory {project: $project}) USING INDEX m:Memory(project, owner, created_at)
WHERE m.created_at >= $at AND m.created_at <= $known_at AND (m.created_at <> $at OR m.id > $id)
    AND true /*where visible*/
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
] AS memory, head(COLLECT {
    MATCH (v:Revision {memory_id: m.id})
    WHERE v.project = $project AND v.at <= $known_at AND v.state <> '{}'
    RETURN v.state ORDER BY v.at DESC, v.n DESC LIMIT 1
}) AS state
ORDER BY m.project, m.owner, m.created_at, m.id
