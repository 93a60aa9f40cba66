"""An embedded index in a folder of its own, and points to put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.vectors.edge import EdgeIndex


@pytest.fixture
def pen() -> Pen:
    return Pen()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
async def index(folder: Path) -> AsyncIterator[EdgeIndex]:
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    yield index
    await index.aclose()
