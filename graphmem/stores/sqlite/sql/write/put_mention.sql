-- A memory names an entity.
-- params: memory (pk), n, entity (pk), first (1 or 0), created_at (the memory's), name, type
-- returns: nothing
INSERT INTO mention (memory, n, entity, first, created_at, name, type)
VALUES (:memory, :n, :entity, :first, :created_at, :name, :type)
