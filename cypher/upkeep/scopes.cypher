// Who has memories in a project, by kind of id.
// params: project
// returns: type, id, memories, created_at (microseconds), updated_at (likewise)
MATCH (m:Memory {project: $project}) WHERE m.owner IS NOT NULL AND m.created_at IS NOT NULL
UNWIND [['user', m.user_id], ['agent', m.agent_id], ['app', m.app_id], ['run', m.run_id]] AS named
WITH m, named[0] AS type, named[1] AS id WHERE id <> ''
WITH type, id, count(m) AS memories, min(m.created_at) AS created_at, max(m.updated_at) AS updated_at
RETURN type, id, memories, created_at.epochMillis * 1000 + created_at.microsecond % 1000 AS created_at,
  updated_at.epochMillis * 1000 + updated_at.microsecond % 1000 AS updated_at
