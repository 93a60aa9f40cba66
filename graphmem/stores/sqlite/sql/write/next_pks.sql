-- The row numbers after the last ones.
-- params: none
-- returns: episode, entity, relation, memory
SELECT
    (SELECT coalesce(max(pk), 0) + 1 FROM episode) AS episode,
    (SELECT coalesce(max(pk), 0) + 1 FROM entity) AS entity,
    (SELECT coalesce(max(pk), 0) + 1 FROM relation) AS relation,
    (SELECT coalesce(max(pk), 0) + 1 FROM memory) AS memory
