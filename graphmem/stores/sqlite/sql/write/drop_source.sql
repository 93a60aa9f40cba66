-- Withdraw a memory's rows in source.
-- params: memory (pk)
-- returns: nothing
DELETE FROM source WHERE memory = :memory
