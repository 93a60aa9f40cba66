-- The visible memories that are episodes in their own words, at the first episode that each comes from.
-- params: episodes (JSON array of pks)
-- returns: episode (pk), memory (id)
-- where: visible
SELECT s.episode, m.id AS memory
FROM json_each(:episodes) AS w
CROSS JOIN source AS s ON s.episode = w.value
CROSS JOIN memory AS m ON m.pk = s.memory AND m.extractor = 'verbatim'
WHERE true /*where visible*/ AND NOT EXISTS (
    SELECT 1 FROM episode AS x CROSS JOIN source AS f ON f.memory = m.pk AND f.episode <> x.pk
    CROSS JOIN episode AS y ON y.pk = f.episode
    WHERE x.pk = s.episode AND (y.observed_at, y.created_at, y.pk) < (x.observed_at, x.created_at, x.pk)
    LIMIT 1
)
