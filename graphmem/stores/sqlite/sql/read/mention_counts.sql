-- How many visible memories mention each of some entities.
-- params: pks (JSON array)
-- returns: entity, count
-- where: visible
SELECT n.entity, count(*) AS count
FROM json_each(:pks) AS w
CROSS JOIN mention AS n ON n.entity = w.value AND n.first = 1
CROSS JOIN memory AS m ON m.pk = n.memory
WHERE true /*where visible*/
GROUP BY n.entity
