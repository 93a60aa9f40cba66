// What an agent has part in.
// params: none
// returns: nothing
CREATE INDEX memory_by_agent IF NOT EXISTS FOR (n:Memory) ON (n.agent_id)
