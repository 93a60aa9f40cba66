-- A partition's episodes that no memory came from.
-- params: partition
-- returns: pk
SELECT x.pk FROM episode AS x
WHERE x.partition = :partition AND NOT EXISTS (SELECT 1 FROM source AS o WHERE o.episode = x.pk)
