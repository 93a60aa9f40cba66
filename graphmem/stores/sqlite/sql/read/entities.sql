-- Entities with the names in use (a JSON array) and the type most often said.
-- params: pks (JSON array)
-- returns: pk, id, project, owner, self_of, created_at, degree, revision, name, type, names
SELECT
    e.pk, e.id, p.project, p.owner, e.self_of, e.created_at, e.degree, e.revision, e.name, e.type,
    (SELECT json_group_array(n.value) FROM entity_use AS n WHERE n.entity = e.pk AND n.kind = 'name') AS names
FROM json_each(:pks) AS w CROSS JOIN entity AS e ON e.pk = w.value CROSS JOIN partition AS p ON p.pk = e.partition
