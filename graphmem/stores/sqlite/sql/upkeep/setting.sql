-- A stored setting, as JSON text.
-- params: project, name
-- returns: value
SELECT value FROM setting WHERE project = :project AND name = :name
