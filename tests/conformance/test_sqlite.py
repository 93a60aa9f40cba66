"""The embedded store keeps the law of graph stores."""

from __future__ import annotations

import pytest

from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.graph_store import GraphStoreTests


class TestSQLiteStore(GraphStoreTests):
    # One store for all tests, as a server would be; what it does with the disk is looked at elsewhere.
    @pytest.fixture(scope="class")
    async def store(self, tmp_path_factory):
        store = SQLiteStore(tmp_path_factory.mktemp("store") / "graphmem.sqlite", synchronous="NORMAL")
        await store.open()
        yield store
        await store.aclose()
