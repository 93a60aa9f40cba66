-- The memories that came from some episodes.
-- params: pks (JSON array)
-- returns: episode (id), memory (id)
SELECT x.id AS episode, m.id AS memory
FROM json_each(:pks) AS w
CROSS JOIN source AS o ON o.episode = w.value
CROSS JOIN episode AS x ON x.pk = o.episode
CROSS JOIN memory AS m ON m.pk = o.memory
ORDER BY m.id
