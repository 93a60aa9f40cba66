"""Several processes drain into one Qdrant, in any order, with crashes: in the end it holds what the store says."""

from __future__ import annotations

import pytest
from qdrant_client import AsyncQdrantClient

from graphmem.testing.oracle import OracleStore
from graphmem.vectors.qdrant import QdrantIndex
from tests.integration.test_interleavings import World
from tests.support.lives import ENCODERS

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

MANY = 150


@pytest.mark.parametrize(("drainers", "seed"), [(1, 1), (2, 2), (3, 3)])
async def test_the_copy_ends_up_right(drainers: int, seed: int) -> None:
    """One drainer is met by rebuilding, compacting and repairing as well."""
    client = AsyncQdrantClient(":memory:")
    index = QdrantIndex(client=client)
    await index.open(ENCODERS.fingerprint)
    world = World(OracleStore(), index, seed, drainers=drainers)
    for number in range(MANY):
        await world.interleave()
        await world.recover()
        assert await world.differences() == [], number
    assert world.crashes > MANY / 10
    await index.aclose()
    await client.close()
