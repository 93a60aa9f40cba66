-- Remember a vector.
-- params: fingerprint, key, vector
-- returns: nothing
INSERT INTO vector (fingerprint, key, vector) VALUES (:fingerprint, :key, :vector)
ON CONFLICT (fingerprint, key) DO UPDATE SET vector = excluded.vector
