-- Memories that may have been visible, with the state that their history had at that time.
-- params: known_at (microseconds)
-- returns: pk, id, project, expired_at, expiration_date, user_id, agent_id, app_id, run_id, observed_at, valid_at,
--    invalid_at, created_at, updated_at, superseded_by, immutable, attributed_to, feedback, revision, extractor,
--    model, prompt, categories, metadata, text, state
-- where: visible, asked
SELECT
    m.pk, m.id, p.project, m.expired_at, m.expiration_date, m.user_id, m.agent_id, m.app_id, m.run_id, m.observed_at,
    m.valid_at, m.invalid_at, m.created_at, m.updated_at, m.superseded_by, m.immutable, m.attributed_to, m.feedback,
    m.revision, m.extractor, m.model, m.prompt, m.categories, m.metadata, m.text,
    (
        SELECT v.state FROM revision AS v
        WHERE v.memory_id = m.id AND v.at <= :known_at AND v.state <> '{}'
        ORDER BY v.at DESC, v.pk DESC LIMIT 1
    ) AS state
FROM memory AS m CROSS JOIN partition AS p ON p.pk = m.partition
WHERE m.created_at <= :known_at AND true /*where asked*/ AND true /*where visible*/
