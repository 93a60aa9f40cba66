// The schema's version.
// params: none
// returns: schema
MATCH (h:House {id: 'house'}) RETURN h.schema AS schema
