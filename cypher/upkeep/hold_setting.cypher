// Lock a setting until the transaction ends, whether there is one or not, and read it.
// APOC: `apoc.lock.nodes`, so that what is read is what will be replaced.
// params: project, name
// returns: value (JSON, or null)
MERGE (s:Setting {project: $project, name: $name})
WITH s
CALL apoc.lock.nodes([s])
// Found again, or its value would be one that was read before it was locked.
WITH count(*) AS locked
MATCH (s:Setting {project: $project, name: $name})
RETURN s.value AS value
