"""The law of vector indexes, as tests. See `graphmem.testing` for how an index is held to it."""

from __future__ import annotations

from graphmem.testing.suite.lasting import LastingTests, TombstoneTests
from graphmem.testing.suite.searching import HoldingTests, MeaningTests, RankingTests

__all__ = ["TombstoneTests", "VectorIndexTests"]


class VectorIndexTests(HoldingTests, MeaningTests, RankingTests, LastingTests):
    """Everything that `graphmem.abc.VectorIndex` promises. Subclasses supply the fixture `index`.

    An index that several drainers may feed at once inherits from `TombstoneTests` as well.
    """
