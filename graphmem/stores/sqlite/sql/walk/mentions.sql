-- All that some memories mention, and how many memories mention that.
-- params: pks (JSON array of memories)
-- returns: memory (id), entity (id), degree
SELECT m.id AS memory, e.id AS entity, e.degree
FROM json_each(:pks) AS w
CROSS JOIN memory AS m ON m.pk = w.value
CROSS JOIN mention AS n ON n.memory = m.pk AND +n.first = 1
CROSS JOIN entity AS e ON e.pk = n.entity
