"""Jobs in a Neo4j that several servers share: each is done once and in its owner's order, also when a server dies."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import anyio.to_thread
import pytest

from graphmem.assemble import assemble_neo4j
from graphmem.client.local import LocalBackend
from graphmem.engine import leases
from graphmem.settings import Settings, read_neo4j
from tests.support.children import start
from tests.support.jobs import drained
from tests.support.neo4j_local.server import Server
from tests.support.qdrant_server import QdrantServer
from tests.support.soundness import everything, unsound

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.services,
    # Of the local mode that the Qdrant server here is made of.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
]

PATIENCE = 120.0
OWNERS = ("ana", "ben", "zoe")
EACH = 10


@asynccontextmanager
async def opened(url: str, vectors: str) -> AsyncIterator[LocalBackend]:
    settings = Settings(embedder="hashing", extractor="verbatim", vectors=vectors)
    backend = LocalBackend(assemble_neo4j(settings, read_neo4j(url)))
    await backend.open()
    try:
        yield backend
    finally:
        await backend.aclose()


async def _work(tell: Callable[[Any], None], url: str, vectors: str) -> None:
    """Do what waits, until killed."""
    leases.LEASE = timedelta(seconds=5)
    async with opened(url, vectors) as backend:
        tell("ready")
        await backend.engine.jobs.run()


async def test_two_servers_share_the_work_and_one_dies(empty_neo4j: Server) -> None:
    with QdrantServer() as qdrant:
        async with opened(empty_neo4j.url, qdrant.url) as backend:
            workers = [start(_work, empty_neo4j.url, qdrant.url) for _ in range(2)]
            try:
                for _, said in workers:
                    assert await anyio.to_thread.run_sync(said.recv) == "ready"
                told = [
                    (owner, n, await backend.add_queued({"messages": f"{owner} {n}", "user_id": owner, "infer": False}))
                    for n in range(EACH)
                    for owner in OWNERS
                ]
                with anyio.fail_after(PATIENCE):
                    await backend.engine.jobs.done("default", told[4][2].id)
                    workers[0][0].kill()
                    for owner, n, job in told:
                        found = await backend.engine.jobs.done("default", job.id)
                        assert found.status == "SUCCEEDED"
                        assert [each["memory"] for each in found.results] == [f"{owner} {n}"]
                    await drained(backend.engine.jobs)
            finally:
                for child, said in workers:
                    child.kill()
                    child.join()
                    said.close()
            assert {child.exitcode for child, _ in workers} == {-signal.SIGKILL}
            held = (await everything(backend.engine.parts.store)).memories.values()
            in_order = sorted(held, key=lambda each: each.created_at)
            for owner in OWNERS:
                mine = [each.text for each in in_order if each.scope.user_id == owner]
                assert mine == [f"{owner} {n}" for n in range(EACH)]
            await backend.index("repair")
            assert await unsound(backend.engine.parts.store, backend.engine.parts.index) == []
