-- No mention says that type any longer.
-- params: entity (pk), type
-- returns: nothing
DELETE FROM entity_type WHERE entity = :entity AND type = :type
