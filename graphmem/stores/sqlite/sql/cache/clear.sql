-- Erase all vectors.
-- params: none
-- returns: nothing
DELETE FROM vector
