"""The exact index keeps the law that it is the measure of."""

from __future__ import annotations

import pytest

from graphmem.testing.flat import FlatIndex
from graphmem.testing.points import FINGERPRINT
from graphmem.testing.vector_index import TombstoneTests, VectorIndexTests


class TestFlatIndex(VectorIndexTests, TombstoneTests):
    @pytest.fixture
    async def index(self):
        index = FlatIndex()
        await index.open(FINGERPRINT)
        yield index
        await index.aclose()
