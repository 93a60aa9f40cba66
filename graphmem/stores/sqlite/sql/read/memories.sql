-- The visible ones among some memories, apart from their links.
-- params: ids (JSON array)
-- returns: pk, id, project, expired_at, expiration_date, user_id, agent_id, app_id, run_id, observed_at, valid_at,
--    invalid_at, created_at, updated_at, superseded_by, immutable, attributed_to, feedback, revision, extractor,
--    model, prompt, categories, metadata, text
-- where: visible
SELECT
    m.pk, m.id, p.project, m.expired_at, m.expiration_date, m.user_id, m.agent_id, m.app_id, m.run_id, m.observed_at,
    m.valid_at, m.invalid_at, m.created_at, m.updated_at, m.superseded_by, m.immutable, m.attributed_to, m.feedback,
    m.revision, m.extractor, m.model, m.prompt, m.categories, m.metadata, m.text
FROM json_each(:ids) AS w CROSS JOIN memory AS m ON m.id = w.value CROSS JOIN partition AS p ON p.pk = m.partition
WHERE true /*where visible*/
