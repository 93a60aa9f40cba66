-- No mention uses the name any longer.
-- params: entity (pk), name
-- returns: nothing
DELETE FROM entity_name WHERE entity = :entity AND name = :name
