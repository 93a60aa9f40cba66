-- Entities by the words of the names in use for them.
-- params: phrases (JSON array)
-- returns: phrase, id
-- where: named
SELECT DISTINCT n.phrase, e.id
FROM json_each(:phrases) AS w
CROSS JOIN entity_use AS n ON n.phrase = w.value
CROSS JOIN entity AS e ON e.pk = n.entity
WHERE true /*where named*/
ORDER BY e.id
