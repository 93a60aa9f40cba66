-- Known vectors of one embedder.
-- params: fingerprint, keys (JSON array)
-- returns: key, vector
SELECT v.key, v.vector FROM json_each(:keys) AS w
CROSS JOIN vector AS v ON v.fingerprint = :fingerprint AND v.key = w.value
