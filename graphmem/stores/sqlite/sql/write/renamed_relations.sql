-- The relations of entities that are called otherwise now: their sentences changed.
-- params: pks (JSON array of entities), revision
-- returns: id
UPDATE relation SET revision = :revision WHERE pk IN (
    SELECT h.relation FROM json_each(:pks) AS w CROSS JOIN endpoint AS h ON h.entity = w.value
) RETURNING id
