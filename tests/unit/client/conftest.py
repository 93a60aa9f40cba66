"""Memories in folders of their own, with an embedder that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphmem import Memory, Settings


@pytest.fixture
def settings() -> Settings:
    return Settings(embedder="hashing", extractor="rules")


@pytest.fixture
def memory(tmp_path: Path, settings: Settings) -> Iterator[Memory]:
    with Memory(tmp_path / "memory", settings=settings) as memory:
        yield memory
