-- Erase a vector under every fingerprint.
-- params: key
-- returns: nothing
DELETE FROM vector WHERE key = :key
