// Who is called so: inside a partition names mean one thing.
// params: none
// returns: nothing
CREATE INDEX name_by_key IF NOT EXISTS FOR (n:Name) ON (n.project, n.owner, n.key)
