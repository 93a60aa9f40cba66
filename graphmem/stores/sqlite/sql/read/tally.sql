-- How much of everything there is, in a project or (null) in all of the store.
-- params: project
-- returns: memories, superseded, entities, relations, episodes, revisions, partitions, stale
WITH place AS (SELECT pk FROM partition WHERE :project IS NULL OR project = :project)
SELECT
    (SELECT count(*) FROM memory WHERE partition IN place) AS memories,
    (SELECT count(*) FROM memory WHERE partition IN place AND expired_at IS NOT NULL) AS superseded,
    (SELECT count(*) FROM entity WHERE partition IN place) AS entities,
    (SELECT count(*) FROM relation WHERE partition IN place) AS relations,
    (SELECT count(*) FROM episode WHERE partition IN place) AS episodes,
    (SELECT count(*) FROM revision WHERE partition IN place) AS revisions,
    (SELECT count(*) FROM place) AS partitions,
    (SELECT count(*) FROM stale WHERE :project IS NULL OR project = :project) AS stale
