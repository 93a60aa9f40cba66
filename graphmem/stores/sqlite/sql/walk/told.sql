-- The visible memories that are episodes in their own words, at the first episode that each comes from.
-- params: episodes (JSON array of pks)
-- returns: episode (pk), memory (id)
-- where: visible
SELECT s.episode, m.id AS memory
FROM json_each(:episodes) AS w CROSS JOIN source AS s ON s.episode = w.value
CROSS JOIN memory AS m ON m.pk = s.memory AND m.extractor = 'verbatim'
WHERE s.episode = (
    SELECT y.pk FROM source AS f CROSS JOIN episode AS y ON y.pk = f.episode WHERE f.memory = m.pk
    ORDER BY y.observed_at, y.created_at, y.pk LIMIT 1
) AND true /*where visible*/
