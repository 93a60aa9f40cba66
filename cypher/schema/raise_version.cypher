// Note that the schema is up to date. `floor` is where the sequence of a new partition starts, above those of all that
// were purged.
// params: schema, at (microseconds)
// returns: schema
MERGE (h:House {id: 'house'}) ON CREATE SET h.floor = 0, h.schema = 0
// Several may come here at once; the house is locked before it is read.
SET h.at = $at
WITH h
SET h.schema = CASE WHEN h.schema < $schema THEN $schema ELSE h.schema END
RETURN h.schema AS schema
