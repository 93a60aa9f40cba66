-- What the index copies of entities; the names are a JSON array.
-- params: ids (JSON array)
-- returns: id, revision, project, owner, name, names
SELECT
    e.id, e.revision, p.project, p.owner, e.name,
    (SELECT json_group_array(n.value) FROM entity_use AS n WHERE n.entity = e.pk AND n.kind = 'name') AS names
FROM json_each(:ids) AS w CROSS JOIN entity AS e ON e.id = w.value CROSS JOIN partition AS p ON p.pk = e.partition
