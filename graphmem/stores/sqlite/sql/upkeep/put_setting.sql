-- Store a setting.
-- params: project, name, value (JSON)
-- returns: nothing
INSERT INTO setting (project, name, value) VALUES (:project, :name, :value)
ON CONFLICT (project, name) DO UPDATE SET value = excluded.value
