"""The oracle keeps the law that it is the measure of."""

from __future__ import annotations

import pytest

from graphmem.testing.graph_store import GraphStoreTests
from graphmem.testing.oracle import OracleStore


class TestOracleStore(GraphStoreTests):
    # Its filters are `matches` itself: a few hundred of them tell as much as ten thousand.
    test_very_many_random_filters_agree = None

    @pytest.fixture
    async def store(self):
        store = OracleStore()
        await store.open()
        yield store
        await store.aclose()
