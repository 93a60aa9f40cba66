-- Withdraw a memory's rows in states.
-- params: memory (pk)
-- returns: nothing
DELETE FROM states WHERE memory = :memory
