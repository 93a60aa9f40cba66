-- Write a memory whole, apart from its links.
-- params: pk, id, partition, expired_at, expiration_date, user_id, agent_id, app_id, run_id, observed_at, valid_at,
--    invalid_at, created_at, updated_at, superseded_by, immutable, attributed_to, feedback, revision, extractor,
--    model, prompt, text_key, categories (JSON), metadata (JSON), text
-- returns: nothing
INSERT INTO memory (
    pk, id, partition, expired_at, expiration_date, user_id, agent_id, app_id, run_id, observed_at, valid_at,
    invalid_at, created_at, updated_at, superseded_by, immutable, attributed_to, feedback, revision, extractor,
    model, prompt, text_key, categories, metadata, text
) VALUES (
    :pk, :id, :partition, :expired_at, :expiration_date, :user_id, :agent_id, :app_id, :run_id, :observed_at,
    :valid_at, :invalid_at, :created_at, :updated_at, :superseded_by, :immutable, :attributed_to, :feedback,
    :revision, :extractor, :model, :prompt, :text_key, :categories, :metadata, :text
) ON CONFLICT (pk) DO UPDATE SET
    expired_at = excluded.expired_at, expiration_date = excluded.expiration_date, user_id = excluded.user_id,
    agent_id = excluded.agent_id, app_id = excluded.app_id, run_id = excluded.run_id,
    observed_at = excluded.observed_at, valid_at = excluded.valid_at, invalid_at = excluded.invalid_at,
    created_at = excluded.created_at, updated_at = excluded.updated_at, superseded_by = excluded.superseded_by,
    immutable = excluded.immutable, attributed_to = excluded.attributed_to, feedback = excluded.feedback,
    revision = excluded.revision, extractor = excluded.extractor, model = excluded.model,
    prompt = excluded.prompt, text_key = excluded.text_key, categories = excluded.categories,
    metadata = excluded.metadata, text = excluded.text
