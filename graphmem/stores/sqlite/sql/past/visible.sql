-- The memories that were visible, each taken as its history says it was then; without one, as it is.
-- params: known_at (microseconds)
-- returns: id, created_at
-- where: within, asked, visible
SELECT m.id, m.created_at FROM (
    SELECT
        b.id, b.partition, b.user_id, b.agent_id, b.app_id, b.run_id, b.attributed_to, b.immutable, b.created_at,
        b.updated_at, b.observed_at,
        CASE WHEN b.state IS NULL THEN b.text ELSE json_extract(b.state, '$.text') END AS text,
        CASE WHEN b.state IS NULL THEN b.metadata ELSE json_extract(b.state, '$.metadata') END AS metadata,
        CASE WHEN b.state IS NULL THEN b.categories ELSE json_extract(b.state, '$.categories') END AS categories,
        CASE WHEN b.state IS NULL THEN b.expiration_date ELSE json_extract(b.state, '$.expiration_date') END
            AS expiration_date,
        CASE WHEN b.state IS NULL THEN b.expired_at ELSE graphmem_micros(json_extract(b.state, '$.expired_at')) END
            AS expired_at,
        CASE WHEN b.state IS NULL THEN b.valid_at ELSE graphmem_micros(json_extract(b.state, '$.valid_at')) END
            AS valid_at,
        CASE WHEN b.state IS NULL THEN b.invalid_at ELSE graphmem_micros(json_extract(b.state, '$.invalid_at')) END
            AS invalid_at
    FROM (
        SELECT
            m.*,
            (
                SELECT v.state FROM revision AS v
                WHERE v.memory_id = m.id AND v.at <= :known_at AND v.state <> '{}'
                ORDER BY v.at DESC, v.pk DESC LIMIT 1
            ) AS state
        FROM memory AS m
        WHERE m.created_at <= :known_at AND true /*where within*/ AND true /*where asked*/
        LIMIT -1 -- so that the state is looked up once, not wherever it is named
    ) AS b
) AS m
WHERE true /*where visible*/
