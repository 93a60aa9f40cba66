"""The store in Neo4j keeps the law of graph stores."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmem.abc import GraphStore
from graphmem.filters import Filter
from graphmem.stores.neo4j import Neo4jStore, where
from graphmem.testing.graph_store import GraphStoreTests
from graphmem.testing.strategies import documents, filters
from graphmem.testing.suite.exploring import ExploreTests
from graphmem.testing.suite.filtering import check

pytestmark = pytest.mark.services


class TestNeo4jStore(GraphStoreTests):
    # One store for all tests, as a server would be.
    @pytest.fixture(scope="class")
    async def store(self, neo4j_url):
        store = Neo4jStore(neo4j_url)
        await store.open()
        yield store
        await store.aclose()

    test_random_filters_agree = None  # a part of the next

    @settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None, derandomize=False)
    @given(shelf=st.lists(documents(), min_size=1, max_size=8), questions=st.lists(filters(), min_size=5, max_size=5))
    async def test_very_many_random_filters_agree(
        self, store: GraphStore, shelf: list[dict[str, Any]], questions: list[Filter]
    ) -> None:
        """A thousand, other ones each time: Neo4j plans each anew, which takes most of the time."""
        await check(store, shelf, questions)


class TestCountedOneByOne(ExploreTests):
    """What a partition hides is too much to count by."""

    @pytest.fixture
    async def store(self, neo4j_url, monkeypatch):
        monkeypatch.setattr(where, "MOST_HIDDEN", 1)
        store = Neo4jStore(neo4j_url)
        await store.open()
        yield store
        await store.aclose()
