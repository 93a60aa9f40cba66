"""Exporting: documents filled by the caller's schema, profiles and summaries, from what a view sees of the graph.

`read_schema` checks a schema at the door; `Filler` fills it from a `World` without a model, `fill_with` with one;
`profile_of` and `summary_of` tell what is known.
"""

from __future__ import annotations

from graphmem.exporting.ask import Answer, fill_with, summary_with
from graphmem.exporting.fill import Filler
from graphmem.exporting.gaps import complete, lacking
from graphmem.exporting.schema import Schema, read_schema
from graphmem.exporting.telling import SUMMARY, profile_of, summary_of
from graphmem.exporting.world import World

__all__ = [
    "SUMMARY",
    "Answer",
    "Filler",
    "Schema",
    "World",
    "complete",
    "fill_with",
    "lacking",
    "profile_of",
    "read_schema",
    "summary_of",
    "summary_with",
]
