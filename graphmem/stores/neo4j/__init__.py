"""The graph store for servers: Neo4j, with APOC."""
