-- Withdraw the links of memories to an episode.
-- params: pk
-- returns: nothing
DELETE FROM source WHERE episode = :pk
