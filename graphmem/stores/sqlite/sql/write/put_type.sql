-- How often mentions say that an entity is of a type.
-- params: entity (pk), type, count
-- returns: nothing
INSERT INTO entity_type (entity, type, count) VALUES (:entity, :type, :count)
ON CONFLICT (entity, type) DO UPDATE SET count = excluded.count
