-- Vectors by the hash of their text, for each embedder (fingerprint) that made one.

PRAGMA application_id = 1735552355;
PRAGMA user_version = 1;

CREATE TABLE vector (
    fingerprint TEXT NOT NULL,
    key TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (fingerprint, key)
) STRICT, WITHOUT ROWID;
