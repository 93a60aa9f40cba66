-- Remove an episode.
-- params: pk
-- returns: nothing
DELETE FROM episode WHERE pk = :pk
