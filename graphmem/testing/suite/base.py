"""What the themes share."""

from __future__ import annotations

import pytest

from graphmem.abc import GraphStore, VectorIndex
from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.testing.worlds import Scribe

__all__ = ["IndexSuite", "StoreSuite"]


class StoreSuite:
    """Fixtures of the themes. Tests may share one store, one after the other: each has a project of its own."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def store(self) -> GraphStore:
        """The store under test, opened. Subclasses supply it."""
        raise NotImplementedError(f"{type(self).__name__} supplies no store.")

    @pytest.fixture
    def scribe(self, store: GraphStore) -> Scribe:
        """Writes for a new user in a new project."""
        return Scribe(store)


class IndexSuite:
    """Fixtures of the themes of vector indexes. Every test has an index of its own."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def index(self) -> VectorIndex:
        """An empty index, opened with `points.FINGERPRINT`. Subclasses supply it, and close it in the end."""
        raise NotImplementedError(f"{type(self).__name__} supplies no index.")

    async def reopen(self, index: VectorIndex) -> VectorIndex:
        """The index after an orderly stop. Subclasses may return another object on the same place."""
        await index.aclose()
        await index.open(FINGERPRINT)
        return index

    @pytest.fixture
    def pen(self) -> Pen:
        """Makes points of a new project."""
        return Pen()
