-- A memory came from an episode.
-- params: memory (pk), episode (pk)
-- returns: nothing
INSERT OR IGNORE INTO source (memory, episode) VALUES (:memory, :episode)
