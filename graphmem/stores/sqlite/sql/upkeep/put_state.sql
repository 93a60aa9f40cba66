-- Rewrite the state in an entry of history.
-- params: pk, state (JSON)
-- returns: nothing
UPDATE revision SET state = :state WHERE pk = :pk
