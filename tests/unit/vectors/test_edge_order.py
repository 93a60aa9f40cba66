"""What is written in the same order is answered the same way, to the bit, and among equals, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmem.models import Point
from graphmem.queries import Neighbour, VectorQuery
from graphmem.testing.points import FINGERPRINT, Pen, terms
from graphmem.vectors.edge import EdgeIndex

pytestmark = pytest.mark.anyio


async def answers(folder: Path, points: list[Point], queries: list[VectorQuery]) -> list[list[Neighbour]]:
    """What a new index with these points answers."""
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    try:
        await index.upsert(points)
        return await index.query(queries)
    finally:
        await index.aclose()


async def test_the_same_points_are_found_among_equals(tmp_path: Path, pen: Pen) -> None:
    points = pen.points(300, sparse=terms({7: 1.0}))
    asked = [pen.ask(terms({7: 1.0}), limit=20)]
    first, second = [await answers(tmp_path / name, points, asked) for name in ("a", "b")]
    assert len({each.score for each in first[0]}) == 1
    assert first == second


async def test_scores_are_the_same_to_the_bit(tmp_path: Path, pen: Pen) -> None:
    points = pen.points(300)
    asked = [pen.ask(pen.sparse(), limit=50) for _ in range(20)]
    first, second = [await answers(tmp_path / name, points, asked) for name in ("a", "b")]
    assert sum(map(len, first)) > 200
    assert first == second
