// What an app has part in.
// params: none
// returns: nothing
CREATE INDEX memory_by_app IF NOT EXISTS FOR (n:Memory) ON (n.app_id)
