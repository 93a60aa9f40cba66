-- How often mentions use a name or a type for an entity.
-- params: entity (pk), kind (name or type), value, count, partition, key (of names), phrase (likewise)
-- returns: nothing
INSERT INTO entity_use (entity, kind, value, count, partition, key, phrase)
VALUES (:entity, :kind, :value, :count, :partition, :key, :phrase)
ON CONFLICT (entity, kind, value) DO UPDATE SET count = excluded.count
