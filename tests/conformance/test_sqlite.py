"""The embedded store keeps the law of graph stores."""

from __future__ import annotations

import pytest

from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.graph_store import GraphStoreTests


class TestSQLiteStore(GraphStoreTests):
    @pytest.fixture
    async def store(self, tmp_path):
        store = SQLiteStore(tmp_path / "graphmem.sqlite")
        await store.open()
        yield store
        await store.aclose()
