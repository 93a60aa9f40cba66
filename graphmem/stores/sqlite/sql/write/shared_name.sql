-- A folded name that two entities of a partition share, if there is one among these.
-- params: keys (JSON array), partition
-- returns: key
SELECT n.key FROM json_each(:keys) AS w
CROSS JOIN entity_use AS n ON n.key = w.value AND n.partition = :partition
GROUP BY n.key HAVING count(DISTINCT n.entity) > 1 LIMIT 1
