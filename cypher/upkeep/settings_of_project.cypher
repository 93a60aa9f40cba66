// The settings of a project whose name begins so.
// params: project, prefix
// returns: project, name, value (JSON)
MATCH (s:Setting {project: $project}) WHERE s.name STARTS WITH $prefix
RETURN s.project AS project, s.name AS name, s.value AS value
