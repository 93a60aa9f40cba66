// A stored setting, as JSON text.
// params: project, name
// returns: value
MATCH (s:Setting {project: $project, name: $name}) RETURN s.value AS value
