-- Entities by the words of the names in use for them.
-- params: phrases (JSON array)
-- returns: phrase, id, name, type, degree
-- where: named
SELECT DISTINCT n.phrase, e.id, e.name, e.type, e.degree
FROM json_each(:phrases) AS w
CROSS JOIN entity_use AS n ON n.phrase = w.value
CROSS JOIN entity AS e ON e.pk = n.entity
WHERE true /*where named*/
ORDER BY e.id
