from __future__ import annotations

import pytest

from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.worlds import Scribe


@pytest.fixture
async def store(tmp_path):
    store = SQLiteStore(tmp_path / "graph.sqlite")
    await store.open()
    yield store
    await store.aclose()


@pytest.fixture
def scribe(store) -> Scribe:
    return Scribe(store)
