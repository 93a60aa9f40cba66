// Store a setting.
// params: project, name, value (JSON)
// returns: nothing
MERGE (s:Setting {project: $project, name: $name})
SET s.value = $value
