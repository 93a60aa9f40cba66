"""Qdrant Edge keeps the law of vector indexes."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from graphmem.testing.points import FINGERPRINT
from graphmem.testing.vector_index import VectorIndexTests
from graphmem.vectors.edge import EdgeIndex


class TestEdgeIndex(VectorIndexTests):
    @pytest.fixture
    async def index(self, tmp_path):
        self.folder = tmp_path
        async with AsyncExitStack() as self.opened:
            yield await self.another()

    async def another(self):
        index = EdgeIndex(self.folder)
        self.opened.push_async_callback(index.aclose)
        await index.open(FINGERPRINT)
        return index

    async def reopen(self, index):
        await index.aclose()
        return await self.another()
