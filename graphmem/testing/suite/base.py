"""What the themes share."""

from __future__ import annotations

import pytest

from graphmem.abc import GraphStore
from graphmem.testing.worlds import Scribe

__all__ = ["StoreSuite"]


class StoreSuite:
    """Fixtures of the themes. Every test works in a project of its own, so they may share one store."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def store(self) -> GraphStore:
        """The store under test, opened. Subclasses supply it."""
        raise NotImplementedError(f"{type(self).__name__} supplies no store.")

    @pytest.fixture
    def scribe(self, store: GraphStore) -> Scribe:
        """Writes for a new user in a new project."""
        return Scribe(store)
