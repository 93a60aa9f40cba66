-- The newest episodes of a run.
-- params: partition, run, last (how many)
-- returns: pk
SELECT x.pk FROM episode AS x WHERE x.partition = :partition AND x.run_id = :run
ORDER BY x.observed_at DESC, x.created_at DESC, x.pk DESC LIMIT :last
