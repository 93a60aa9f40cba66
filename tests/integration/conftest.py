"""What the integration tests share: an embedded memory as an application opens it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine.jobs import Jobs
from graphmem.settings import Settings
from tests.support.files import quick_folder
from tests.support.jobs import Probe


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder, in memory where that can be."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture
async def memory(place: Path) -> AsyncIterator[LocalBackend]:
    """A memory in `place / "memory"`, with the parts that are used where nothing is configured."""
    backend = LocalBackend(assemble(Settings(extractor="rules"), place / "memory"))
    await backend.open()
    yield backend
    await backend.aclose()


@pytest.fixture
def jobs(memory: LocalBackend) -> Jobs:
    """Its jobs; after a failure that may pass there is no pause."""
    found = memory.engine.jobs
    found.worker.pause = lambda _: 0.0
    return found


@pytest.fixture
def probe(jobs: Jobs) -> Probe:
    """A kind of job to be watched."""
    return Probe(jobs)
