"""The store in Neo4j keeps the law of graph stores."""

from __future__ import annotations

import pytest

from graphmem.stores.neo4j import Neo4jStore
from graphmem.testing.graph_store import GraphStoreTests
from tests.support.neo4j import neo4j_url  # noqa: F401  (a fixture)

pytestmark = pytest.mark.services


class TestNeo4jStore(GraphStoreTests):
    # One store for all tests, as a server would be.
    @pytest.fixture(scope="class")
    async def store(self, neo4j_url):  # noqa: F811
        store = Neo4jStore(neo4j_url)
        await store.open()
        yield store
        await store.aclose()
