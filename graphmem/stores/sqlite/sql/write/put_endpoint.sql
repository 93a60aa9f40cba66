-- Hang a relation on one of its ends.
-- params: entity (pk), created_at, relation (pk)
-- returns: nothing
INSERT OR IGNORE INTO endpoint (entity, created_at, relation) VALUES (:entity, :created_at, :relation)
