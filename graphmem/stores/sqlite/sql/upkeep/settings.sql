-- The settings of a project whose names begin so.
-- params: project, prefix
-- returns: project, name, value
SELECT project, name, value FROM setting
WHERE project = :project AND substr(name, 1, length(:prefix)) = :prefix
ORDER BY name
