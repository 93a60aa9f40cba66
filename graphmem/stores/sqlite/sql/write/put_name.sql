-- How often mentions use a name for an entity.
-- params: entity (pk), name, partition, count, key, phrase
-- returns: nothing
INSERT INTO entity_name (entity, name, partition, count, key, phrase)
VALUES (:entity, :name, :partition, :count, :key, :phrase)
ON CONFLICT (entity, name) DO UPDATE SET count = excluded.count
