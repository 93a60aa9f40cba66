"""A real Neo4j with APOC and Neo4j Browser on a machine without containers: `python -m tests.support.neo4j_local`."""
