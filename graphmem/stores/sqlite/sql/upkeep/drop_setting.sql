-- Remove a setting.
-- params: project, name
-- returns: nothing
DELETE FROM setting WHERE project = :project AND name = :name
