-- What the index copies of relations.
-- params: ids (JSON array)
-- returns: id, revision, project, owner, subject, label, object
SELECT r.id, r.revision, p.project, p.owner, s.name AS subject, r.label, o.name AS object
FROM json_each(:ids) AS w
CROSS JOIN relation AS r ON r.id = w.value
CROSS JOIN partition AS p ON p.pk = r.partition
CROSS JOIN entity AS s ON s.pk = r.subject
CROSS JOIN entity AS o ON o.pk = r.object
