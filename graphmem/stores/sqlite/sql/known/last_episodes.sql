-- The newest episodes of a partition.
-- params: partition, last (how many)
-- returns: pk
SELECT x.pk FROM episode AS x WHERE x.partition = :partition
ORDER BY x.observed_at DESC, x.created_at DESC, x.pk DESC LIMIT :last
