// Remove a setting.
// params: project, name
// returns: nothing
MATCH (s:Setting {project: $project, name: $name})
DETACH DELETE s
