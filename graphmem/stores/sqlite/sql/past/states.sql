-- What history says of memories at some time.
-- params: ids (JSON array), known_at (microseconds)
-- returns: id, state (JSON)
SELECT w.value AS id, (
    SELECT v.state FROM revision AS v
    WHERE v.memory_id = w.value AND v.at <= :known_at AND v.state <> '{}'
    ORDER BY v.at DESC, v.pk DESC LIMIT 1
) AS state
FROM json_each(:ids) AS w
