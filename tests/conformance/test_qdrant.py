"""Qdrant keeps the law of vector indexes: in the client's local mode, over HTTP, and on a server where there is one."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from qdrant_client import AsyncQdrantClient

from graphmem.ids import new_id
from graphmem.testing.points import FINGERPRINT
from graphmem.testing.suite.lasting import LastingTests
from graphmem.testing.suite.searching import HoldingTests
from graphmem.testing.vector_index import TombstoneTests, VectorIndexTests
from graphmem.vectors.qdrant import QdrantIndex
from tests.support.qdrant import GRPC, KEY, URL, WANTING, clear
from tests.support.qdrant_server import QdrantServer


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
@pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning")
class TestQdrantLocally(VectorIndexTests, TombstoneTests):
    """All of the adapter but the network, the server's conditions and its graphs."""

    @pytest.fixture
    async def index(self):
        client = AsyncQdrantClient(":memory:")
        index = QdrantIndex(client=client)
        await index.open(FINGERPRINT)
        yield index
        await index.aclose()
        await client.close()

    @pytest.mark.slow  # the local mode looks at every point: there is little to miss
    async def test_recall(self, index, pen):
        await super().test_recall(index, pen)


class OverTheWire:
    """The adapter at a URL. A new one at the same URL stands for the next process."""

    @pytest.fixture
    async def opened(self):
        self.options = {}
        async with AsyncExitStack() as self.stack:
            yield self.another

    async def another(self):
        index = QdrantIndex(**self.options)
        self.stack.push_async_callback(index.aclose)
        await index.open(FINGERPRINT)
        return index

    async def reopen(self, index):
        await index.aclose()
        return await self.another()


class TestQdrantOverHttp(OverTheWire, HoldingTests, LastingTests, TombstoneTests):
    """Requests of several tasks really interleave here."""

    version = "1.20.0"

    @pytest.fixture
    async def index(self, opened):
        server = self.stack.enter_context(QdrantServer(version=self.version))
        self.options = {"url": server.url}
        return await opened()


class TestQdrantBeforeConditions(OverTheWire, HoldingTests, TombstoneTests):
    """The server ignores conditions, so the adapter compares."""

    version = "1.15.0"
    index = TestQdrantOverHttp.index


@pytest.mark.services
@pytest.mark.skipif(URL is None, reason=WANTING)
@pytest.mark.parametrize("grpc", [False, True], ids=["rest", "grpc"])
class TestQdrantServer(OverTheWire, VectorIndexTests, TombstoneTests):
    """The real thing. What it leaves behind is removed."""

    @pytest.fixture
    async def index(self, opened, grpc):
        prefix = f"test-{new_id()[:8]}"
        self.options = {"url": URL, "api_key": KEY, "prefix": prefix, "grpc": GRPC if grpc else None}
        yield await opened()
        await clear(prefix)
