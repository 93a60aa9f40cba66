-- Who has memories in a project, by kind of id.
-- params: project
-- returns: type, id, memories, created_at, updated_at
WITH mine AS (
    SELECT m.user_id, m.agent_id, m.app_id, m.run_id, m.created_at, m.updated_at
    FROM partition AS p CROSS JOIN memory AS m ON m.partition = p.pk WHERE p.project = :project
)
SELECT 'agent' AS type, agent_id AS id, count(*) AS memories, min(created_at) AS created_at,
    max(updated_at) AS updated_at
FROM mine WHERE agent_id <> '' GROUP BY agent_id
UNION ALL
SELECT 'app', app_id, count(*), min(created_at), max(updated_at) FROM mine WHERE app_id <> '' GROUP BY app_id
UNION ALL
SELECT 'run', run_id, count(*), min(created_at), max(updated_at) FROM mine WHERE run_id <> '' GROUP BY run_id
UNION ALL
SELECT 'user', user_id, count(*), min(created_at), max(updated_at) FROM mine WHERE user_id <> '' GROUP BY user_id
ORDER BY 1, 2
