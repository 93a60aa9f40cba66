"""What the integration tests share: an embedded memory as an application opens it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings
from tests.support.files import quick_folder


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
