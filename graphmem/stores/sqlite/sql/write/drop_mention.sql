-- Withdraw a memory's rows in mention.
-- params: memory (pk)
-- returns: nothing
DELETE FROM mention WHERE memory = :memory
