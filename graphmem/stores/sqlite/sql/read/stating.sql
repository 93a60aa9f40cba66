-- The visible memories that state some relations.
-- params: pks (JSON array)
-- returns: relation, id (of the memory)
-- where: visible
SELECT s.relation, m.id
FROM json_each(:pks) AS w CROSS JOIN states AS s ON s.relation = w.value CROSS JOIN memory AS m ON m.pk = s.memory
WHERE true /*where visible*/
