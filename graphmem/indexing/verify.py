"""Comparing the index with the store, repairing it, and building it anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from graphmem.abc import GraphStore, VectorIndex
from graphmem.changes import Mark
from graphmem.indexing.drain import BATCH, Drainer
from graphmem.indexing.points import Encoders
from graphmem.models import Kind, Point

__all__ = ["Differences", "compact", "compare", "rebuild", "repair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Where the index is not what the store says: `missing`, `outdated` or `extra` points, and marks still owed.

    `unknown` are the points that the store cannot have told of: the extra ones, and those newer than what it holds
    (it was put back to an older state), as the index holds them. An id with a pending mark is known to be stale and
    counts as `pending` only.
    """

    checked: int
    pending: int
    missing: tuple[tuple[Kind, str], ...] = ()
    outdated: tuple[tuple[Kind, str], ...] = ()
    extra: tuple[tuple[Kind, str], ...] = ()
    unknown: tuple[Mark, ...] = ()

    @property
    def clean(self) -> bool:
        """Nothing is wrong and nothing is owed."""
        return not (self.pending or self.missing or self.outdated or self.extra)

    @property
    def wrong(self) -> tuple[tuple[Kind, str], ...]:
        """All that has to be copied again."""
        return self.missing + self.outdated + self.extra


async def compare(store: GraphStore, index: VectorIndex) -> Differences:
    """Compare ids and revisions of everything, both ways (0.3 s for 100,000 points, embedded)."""
    held = {mark.id: mark async for batch in index.scan() for mark in batch}
    pending = {mark.id for mark in await store.pending(limit=2**31)}
    missing: list[tuple[Kind, str]] = []
    outdated: list[tuple[Kind, str]] = []
    unknown: list[Mark] = []
    checked = 0
    async for batch in store.scan():
        for mark in batch:
            checked += 1
            copy = held.pop(mark.id, None)
            if mark.id in pending:
                continue
            if copy is None:
                missing.append((mark.kind, mark.id))
            elif copy.revision != mark.revision:
                outdated.append((mark.kind, mark.id))
                if copy.revision > mark.revision:
                    unknown.append(copy)
    left = [copy for copy in held.values() if copy.id not in pending]
    return Differences(
        checked=checked,
        pending=len(pending),
        missing=tuple(missing),
        outdated=tuple(outdated),
        extra=tuple((copy.kind, copy.id) for copy in left),
        unknown=(*unknown, *left),
    )


async def repair(store: GraphStore, index: VectorIndex, drainer: Drainer) -> Differences:
    """Compare, remove what is unknown, mark the rest of what is wrong as stale, drain; returns what was found.

    What is unknown goes at the revision in which it is held: what the store writes under that id meanwhile is newer.
    """
    found = await compare(store, index)
    if found.unknown:
        await index.delete(found.unknown)
    stale = found.missing + found.outdated
    for start in range(0, len(stale), BATCH):
        await store.mark(stale[start : start + BATCH])
    if not found.clean:
        await drainer.drain()
    return found


async def rebuild(
    store: GraphStore,
    index: VectorIndex,
    drainer: Drainer,
    encoders: Encoders,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Fill a fresh index from the store and switch to it; returns how many points were written.

    What changes meanwhile stays marked and is drained afterwards. `progress` is told the points so far.
    """
    written = 0

    async def batches() -> AsyncIterator[Sequence[Point]]:
        nonlocal written
        async for marks in store.scan():
            points = await encoders.points(list((await store.records(marks)).values()))
            written += len(points)
            yield points
            if progress is not None:
                progress(written)

    async with drainer.switching():
        await index.rebuild(encoders.fingerprint, batches())
    await drainer.drain()
    return written


async def compact(index: VectorIndex, drainer: Drainer) -> None:
    """Rebuild the index from its own points: faster to search, and free of what was deleted."""
    await drainer.drain()
    async with drainer.switching():
        await index.compact()
    await drainer.drain()
