"""The oracle keeps the law that it is the measure of."""

from __future__ import annotations

import pytest

from graphmem.testing.graph_store import GraphStoreTests
from graphmem.testing.oracle import OracleStore


class TestOracleStore(GraphStoreTests):
    @pytest.fixture
    async def store(self):
        store = OracleStore()
        await store.open()
        yield store
        await store.aclose()
