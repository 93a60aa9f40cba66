-- What the index copies of memories.
-- params: ids (JSON array)
-- returns: id, revision, project, owner, text, user_id, agent_id, app_id, run_id, metadata, categories
SELECT m.id, m.revision, p.project, p.owner, m.text, m.user_id, m.agent_id, m.app_id, m.run_id, m.metadata, m.categories
FROM json_each(:ids) AS w CROSS JOIN memory AS m ON m.id = w.value CROSS JOIN partition AS p ON p.pk = m.partition
