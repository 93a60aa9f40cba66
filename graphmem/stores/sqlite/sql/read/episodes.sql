-- Episodes, oldest first.
-- params: pks (JSON array)
-- returns: pk, id, project, user_id, agent_id, app_id, run_id, role, observed_at, created_at, revision, name, content
SELECT
    x.pk, x.id, p.project, x.user_id, x.agent_id, x.app_id, x.run_id, x.role, x.observed_at, x.created_at,
    x.revision, x.name, x.content
FROM json_each(:pks) AS w CROSS JOIN episode AS x ON x.pk = w.value CROSS JOIN partition AS p ON p.pk = x.partition
ORDER BY x.observed_at, x.created_at, x.pk
