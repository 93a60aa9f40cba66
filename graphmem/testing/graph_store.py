"""The law of graph stores, as tests. See `graphmem.testing` for how a store is held to it."""

from __future__ import annotations

from graphmem.testing.suite.conflicts import ConflictTests
from graphmem.testing.suite.exploring import ExploreTests
from graphmem.testing.suite.filtering import FilterTests, ManyFilterTests
from graphmem.testing.suite.history import HistoryTests
from graphmem.testing.suite.knowing import KnowingTests
from graphmem.testing.suite.marks import MarkTests
from graphmem.testing.suite.naming import NamingTests
from graphmem.testing.suite.paging import PagingTests
from graphmem.testing.suite.scope import ScopeTests
from graphmem.testing.suite.talking import TalkTests
from graphmem.testing.suite.text import TextTests
from graphmem.testing.suite.time import KnownAtTests, WorldTimeTests
from graphmem.testing.suite.walking import WalkTests
from graphmem.testing.suite.whole import WholeTests
from graphmem.testing.suite.writing import WritingTests

__all__ = ["GraphStoreTests"]


class GraphStoreTests(
    WritingTests,
    ConflictTests,
    NamingTests,
    WorldTimeTests,
    KnownAtTests,
    ScopeTests,
    FilterTests,
    ManyFilterTests,
    WalkTests,
    ExploreTests,
    TalkTests,
    PagingTests,
    TextTests,
    HistoryTests,
    KnowingTests,
    MarkTests,
    WholeTests,
):
    """Everything that `graphmem.abc.GraphStore` promises. Subclasses supply the fixture `store`."""
