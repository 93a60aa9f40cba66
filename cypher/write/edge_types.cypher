// All types that edges have had: Neo4j forgets none.
// params: none
// returns: types
CALL db.relationshipTypes() YIELD relationshipType
RETURN collect(relationshipType) AS types
