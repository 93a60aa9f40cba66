-- Let new partitions start above the sequences of the empty ones.
-- params: none
-- returns: nothing
UPDATE house SET floor = max(floor, (
    SELECT coalesce(max(p.sequence), 0) FROM partition AS p
    WHERE NOT EXISTS (SELECT 1 FROM memory AS m WHERE m.partition = p.pk)
        AND NOT EXISTS (SELECT 1 FROM episode AS x WHERE x.partition = p.pk)
))
