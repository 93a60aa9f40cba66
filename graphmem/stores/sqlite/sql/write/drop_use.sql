-- No mention uses the name or type any longer.
-- params: entity (pk), kind (name or type), value
-- returns: nothing
DELETE FROM entity_use WHERE entity = :entity AND kind = :kind AND value = :value
