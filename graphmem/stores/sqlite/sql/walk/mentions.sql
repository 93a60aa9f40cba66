-- The entities that memories mention.
-- params: pks (JSON array, of memories)
-- returns: memory (pk), entity (pk)
SELECT o.memory, o.entity FROM json_each(:pks) AS w CROSS JOIN mention AS o ON o.memory = w.value AND o.first = 1
