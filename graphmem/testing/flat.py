"""A vector index that looks at every point: exact, in memory, and the measure of the approximate ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

import numpy as np

from graphmem.abc import VectorIndex
from graphmem.changes import Mark
from graphmem.errors import EmbedderChanged, Unavailable
from graphmem.filters import And, Filter, Leaf, Not, Or, token
from graphmem.models import SCOPE_FIELDS, Point
from graphmem.queries import IndexFilter, Neighbour, VectorQuery

__all__ = ["FlatIndex"]


class FlatIndex(VectorIndex):
    """The contract in memory, for comparison and for tests. What it held is there again when it is opened again.

    Tombstones are kept, so that it may be fed by several drainers.
    """

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.deleted: dict[str, int] = {}
        self.fingerprint: str | None = None
        self.is_open = False

    # -- opening and closing

    async def open(self, fingerprint: str) -> None:
        """Raises `EmbedderChanged` if it was opened with another fingerprint before."""
        if self.fingerprint not in (None, fingerprint):
            raise EmbedderChanged(
                f"The index was built with {self.fingerprint!r}, not with {fingerprint!r}.",
                hint="Rebuild it.",
                built_with=self.fingerprint,
                configured=fingerprint,
            )
        self.fingerprint = fingerprint
        self.is_open = True

    async def aclose(self) -> None:
        """Close it; the points stay."""
        self.is_open = False

    @property
    def clean(self) -> bool:
        """Always: memory knows no power cut."""
        return True

    def _held(self) -> dict[str, Point]:
        if not self.is_open:
            raise Unavailable("The index is not open.", hint="Open it first.")
        return self.points

    # -- writing

    async def upsert(self, points: Sequence[Point]) -> None:
        """Write what is not older than what is there, and newer than its deletion."""
        held = self._held()
        for point in points:
            there = held[point.id].revision if point.id in held else -1
            if point.revision >= there and point.revision > self.deleted.get(point.id, -1):
                held[point.id] = point

    async def delete(self, marks: Sequence[Mark]) -> None:
        """Remove what is not newer than the mark."""
        held = self._held()
        for mark in marks:
            self.deleted[mark.id] = max(mark.revision, self.deleted.get(mark.id, -1))
            if mark.id in held and held[mark.id].revision <= mark.revision:
                del held[mark.id]

    async def flush(self) -> None:
        """Nothing to do."""
        self._held()

    async def rebuild(self, fingerprint: str, batches: AsyncIterator[Sequence[Point]]) -> None:
        """Take the new points in place of the old; what is written meanwhile is in both."""
        beside = FlatIndex()
        await beside.open(fingerprint)
        before = dict(self.points)
        async for points in batches:
            await beside.upsert(points)
        await beside.upsert([point for key, point in self.points.items() if before.get(key) is not point])
        await beside.delete([Mark("memory", key, revision) for key, revision in self.deleted.items()])
        self.points, self.fingerprint, self.is_open = beside.points, fingerprint, True

    async def compact(self) -> None:
        """Nothing to do: no bytes are left of what was deleted."""
        self._held()

    # -- reading

    async def query(self, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
        """Look at every point, for every query."""
        return [self._answer(query) for query in queries]

    def _answer(self, query: VectorQuery) -> list[Neighbour]:
        corpus = [p for p in self._held().values() if p.kind == query.kind and _within(query.filter, p)]
        wanted = [
            point
            for point in corpus
            if (query.among is None or point.id in query.among)
            and (point.kind != "memory" or _holds(query.filter.where, point))
        ]
        if query.dense is not None:
            scores = {point.id: _cosine(query.dense, point.dense) for point in wanted}
        else:
            idf = _idf(corpus)
            asked = dict(zip(query.sparse.indices, query.sparse.values, strict=True)) if query.sparse else {}
            sums = {point.id: _weighted(asked, point, idf) for point in wanted}
            scores = {key: score for key, score in sums.items() if score is not None}
        ranked = sorted(scores, key=lambda key: (-scores[key], key))[: max(0, query.limit)]
        return [Neighbour(key, scores[key], self.points[key].revision) for key in ranked]

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """One batch."""
        yield [Mark(point.kind, point.id, point.revision) for point in self._held().values()]

    async def count(self) -> int:
        """How many points are held, tombstones not counted."""
        return len(self._held())


def _within(asked: IndexFilter, point: Point) -> bool:
    return asked.project == point.project and (asked.owners is None or point.owner in asked.owners)


def _holds(where: Filter, point: Point) -> bool:
    match where:
        case And(parts):
            return all(_holds(part, point) for part in parts)
        case Or(parts):
            return any(_holds(part, point) for part in parts)
        case Not(part):
            return not _holds(part, point)
        case Leaf(field) if field in SCOPE_FIELDS:
            return point.scope.get(field) in where.values
        case Leaf(field):
            return any(token(field, value) in point.tokens for value in where.values)


def _cosine(asked: np.ndarray, held: np.ndarray) -> float:
    lengths = float(np.linalg.norm(asked)) * float(np.linalg.norm(held))
    return float(asked @ held) / lengths if lengths else 0.0


def _idf(corpus: Iterable[Point]) -> dict[int, float]:
    """How telling a term is among these points: ln(1 + (N - n + 0.5) / (n + 0.5)), as BM25 and Qdrant have it."""
    points = list(corpus)
    holders = Counter(term for point in points for term in point.sparse.indices)
    return {term: math.log(1 + (len(points) - n + 0.5) / (n + 0.5)) for term, n in holders.items()}


def _weighted(asked: dict[int, float], point: Point, idf: dict[int, float]) -> float | None:
    """The sum over common terms; None without any."""
    held = dict(zip(point.sparse.indices, point.sparse.values, strict=True))
    common = asked.keys() & held.keys()
    return sum(asked[term] * held[term] * idf[term] for term in common) if common else None
