"""The graph store for servers: Neo4j, with APOC."""

from __future__ import annotations

from graphmem.errors import MissingExtra

try:
    import neo4j
except ModuleNotFoundError as error:
    if error.name != "neo4j":
        raise
    raise MissingExtra(
        "A store in Neo4j needs the package 'neo4j', which is not installed.",
        hint="pip install 'graphmem[neo4j]', or keep the memory in a folder.",
        extra="neo4j",
    ) from error

from graphmem.stores.neo4j.store import Neo4jStore

del neo4j

__all__ = ["Neo4jStore"]
