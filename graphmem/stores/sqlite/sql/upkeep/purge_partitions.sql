-- Remove empty partitions.
-- params: none
-- returns: nothing
DELETE FROM partition
WHERE NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.partition = partition.pk)
    AND NOT EXISTS (SELECT 1 FROM episode AS x WHERE x.partition = partition.pk)
