-- A memory names an entity.
-- params: memory (pk), n, entity (pk), created_at (the memory's), name, type
-- returns: nothing
INSERT INTO mention (memory, n, entity, created_at, name, type)
VALUES (:memory, :n, :entity, :created_at, :name, :type)
