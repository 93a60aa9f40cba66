// All settings whose name begins so.
// params: prefix
// returns: project, name, value (JSON)
MATCH (s:Setting) WHERE s.project IS NOT NULL AND s.name STARTS WITH $prefix
RETURN s.project AS project, s.name AS name, s.value AS value
