-- The visible ones among preferred memories that mention some hub.
-- params: hubs (JSON array of row numbers), prefer (JSON array of ids)
-- returns: entity (pk, of the hub), created_at, id, pk
-- where: visible
SELECT n.entity, m.created_at, m.id, m.pk
FROM json_each(:prefer) AS w
CROSS JOIN memory AS i ON i.id = w.value -- in the index alone: most mention no hub, and their rows are not read
CROSS JOIN mention AS n ON n.memory = i.pk AND +n.first = 1 AND +n.entity IN (SELECT value FROM json_each(:hubs))
CROSS JOIN memory AS m ON m.pk = n.memory
WHERE true /*where visible*/
