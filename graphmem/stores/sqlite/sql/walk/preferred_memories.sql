-- The visible ones among preferred memories that mention some hub: a row for each entity that one mentions.
-- params: hubs (JSON array of row numbers), prefer (JSON array of ids)
-- returns: entity (pk, of the hub), created_at, memory (id), mentioned (pk)
-- where: visible
SELECT n.entity, m.created_at, m.id AS memory, o.entity AS mentioned
FROM json_each(:prefer) AS w
CROSS JOIN memory AS m ON m.id = w.value
CROSS JOIN mention AS n ON n.memory = m.pk AND +n.first = 1
CROSS JOIN mention AS o ON o.memory = m.pk AND +o.first = 1
WHERE +n.entity IN (SELECT value FROM json_each(:hubs)) AND true /*where visible*/
