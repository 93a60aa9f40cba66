"""Keeping the index a true copy of the store: drain what is stale, verify, rebuild."""

from __future__ import annotations

from graphmem.indexing.drain import Drainer
from graphmem.indexing.points import Encoders
from graphmem.indexing.verify import Differences, compact, compare, rebuild, repair

__all__ = ["Differences", "Drainer", "Encoders", "compact", "compare", "rebuild", "repair"]
