-- Write an episode whole.
-- params: pk, id, partition, user_id, agent_id, app_id, run_id, role, observed_at, created_at, revision, name,
--    content
-- returns: nothing
INSERT INTO episode (
    pk, id, partition, user_id, agent_id, app_id, run_id, role, observed_at, created_at, revision, name, content
) VALUES (
    :pk, :id, :partition, :user_id, :agent_id, :app_id, :run_id, :role, :observed_at, :created_at, :revision,
    :name, :content
) ON CONFLICT (pk) DO UPDATE SET
    user_id = excluded.user_id, agent_id = excluded.agent_id, app_id = excluded.app_id, run_id = excluded.run_id,
    role = excluded.role, observed_at = excluded.observed_at, created_at = excluded.created_at,
    revision = excluded.revision, name = excluded.name, content = excluded.content
