-- Entities of a partition by whom they are.
-- params: partition, selves (JSON array)
-- returns: self_of, entity
SELECT e.self_of, e.pk AS entity
FROM json_each(:selves) AS w CROSS JOIN entity AS e ON e.partition = :partition AND e.self_of = w.value
