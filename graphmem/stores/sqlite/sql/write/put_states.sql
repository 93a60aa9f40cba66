-- A memory states a relation.
-- params: memory (pk), relation (pk)
-- returns: nothing
INSERT OR IGNORE INTO states (memory, relation) VALUES (:memory, :relation)
