-- What some memories refer to: entities (also as ends of relations), relations, episodes.
-- params: ids (JSON array of memory ids)
-- returns: kind, pk
SELECT 'entity' AS kind, n.entity AS pk FROM json_each(:ids) AS w
CROSS JOIN memory AS m ON m.id = w.value CROSS JOIN mention AS n ON n.memory = m.pk
UNION
SELECT 'entity', e.pk FROM json_each(:ids) AS w
CROSS JOIN memory AS m ON m.id = w.value
CROSS JOIN states AS s ON s.memory = m.pk
CROSS JOIN relation AS r ON r.pk = s.relation
CROSS JOIN entity AS e ON e.pk IN (r.subject, r.object)
UNION
SELECT 'relation', s.relation FROM json_each(:ids) AS w
CROSS JOIN memory AS m ON m.id = w.value CROSS JOIN states AS s ON s.memory = m.pk
UNION
SELECT 'episode', o.episode FROM json_each(:ids) AS w
CROSS JOIN memory AS m ON m.id = w.value CROSS JOIN source AS o ON o.memory = m.pk
