-- Memories of a partition by text key.
-- params: partition, texts (JSON array)
-- returns: id
SELECT m.id FROM json_each(:texts) AS w CROSS JOIN memory AS m ON m.partition = :partition AND m.text_key = w.value
