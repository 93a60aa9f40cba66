-- The first episode of each memory that is kept in its own words, and those said before and after it in the same scope.
-- params: ids (JSON array of memories), reach (episodes on each side), pause (microseconds)
-- returns: memory (id), pk, observed_at, created_at, role, name
WITH asked AS MATERIALIZED (
    SELECT m.id AS memory, x.*
    FROM json_each(:ids) AS w CROSS JOIN memory AS m ON m.id = w.value AND m.extractor = 'verbatim'
    CROSS JOIN episode AS x ON x.pk = (
        SELECT y.pk FROM source AS s CROSS JOIN episode AS y ON y.pk = s.episode WHERE s.memory = m.pk
        ORDER BY y.observed_at, y.created_at, y.pk LIMIT 1
    )
)
SELECT a.memory, a.pk, a.observed_at, a.created_at, a.role, a.name FROM asked AS a
UNION ALL
SELECT a.memory, x.pk, x.observed_at, x.created_at, x.role, x.name
FROM asked AS a CROSS JOIN episode AS x ON x.pk IN (
    SELECT y.pk FROM episode AS y
    WHERE y.partition = a.partition AND y.observed_at >= a.observed_at - :pause
    AND (y.observed_at, y.created_at, y.pk) < (a.observed_at, a.created_at, a.pk)
    AND y.user_id IS a.user_id AND y.agent_id IS a.agent_id AND y.app_id IS a.app_id AND y.run_id IS a.run_id
    ORDER BY y.observed_at DESC, y.created_at DESC, y.pk DESC LIMIT :reach
)
UNION ALL
SELECT a.memory, x.pk, x.observed_at, x.created_at, x.role, x.name
FROM asked AS a CROSS JOIN episode AS x ON x.pk IN (
    SELECT y.pk FROM episode AS y
    WHERE y.partition = a.partition AND y.observed_at <= a.observed_at + :pause
    AND (y.observed_at, y.created_at, y.pk) > (a.observed_at, a.created_at, a.pk)
    AND y.user_id IS a.user_id AND y.agent_id IS a.agent_id AND y.app_id IS a.app_id AND y.run_id IS a.run_id
    ORDER BY y.observed_at, y.created_at, y.pk LIMIT :reach
)
