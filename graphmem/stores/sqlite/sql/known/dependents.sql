-- What hangs on some memories: what they superseded, the relations they state, their episodes.
-- params: partition, ids (JSON array of memory ids), pks (JSON array of their row numbers)
-- returns: kind, pk, id (of memories)
SELECT 'memory' AS kind, m.pk, m.id FROM json_each(:ids) AS w
CROSS JOIN memory AS m ON m.superseded_by = w.value WHERE +m.partition = :partition
UNION
SELECT 'relation', r.pk, NULL FROM json_each(:ids) AS w
CROSS JOIN relation AS r ON r.superseded_by = w.value WHERE +r.partition = :partition
UNION
SELECT 'relation', s.relation, NULL FROM json_each(:pks) AS w CROSS JOIN states AS s ON s.memory = w.value
UNION
SELECT 'episode', o.episode, NULL FROM json_each(:pks) AS w CROSS JOIN source AS o ON o.memory = w.value
