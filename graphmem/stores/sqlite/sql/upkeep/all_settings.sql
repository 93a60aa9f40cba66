-- The settings of all projects whose names begin so.
-- params: prefix
-- returns: project, name, value
SELECT project, name, value FROM setting WHERE substr(name, 1, length(:prefix)) = :prefix ORDER BY project, name
