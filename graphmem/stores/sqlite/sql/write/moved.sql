-- One of the watched things that was written after the plan was made, if there is one.
-- params: partition, since (sequence), names (JSON array of folded names), texts (JSON array of text keys),
--    subjects (JSON array of entity ids)
-- returns: id
SELECT e.id FROM json_each(:names) AS w
CROSS JOIN entity_use AS n ON n.key = w.value AND n.partition = :partition
CROSS JOIN entity AS e ON e.pk = n.entity AND e.revision > :since
UNION ALL
SELECT m.id FROM json_each(:texts) AS w
CROSS JOIN memory AS m ON m.partition = :partition AND m.text_key = w.value AND m.revision > :since
UNION ALL
SELECT r.id FROM json_each(:subjects) AS w
CROSS JOIN entity AS e ON e.id = w.value AND +e.partition = :partition
CROSS JOIN relation AS r ON r.partition = e.partition AND r.subject = e.pk AND r.revision > :since
LIMIT 1
