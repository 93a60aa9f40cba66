-- The settings, of one project or all, whose names begin so.
-- params: project (NULL: all), prefix
-- returns: project, name, value
SELECT project, name, value FROM setting
WHERE (:project IS NULL OR project = :project) AND substr(name, 1, length(:prefix)) = :prefix
ORDER BY project, name
