"""The drainer: takes marks from the store and brings their copies in the index up to date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio

from graphmem.abc import GraphStore, VectorIndex
from graphmem.changes import Mark
from graphmem.indexing.points import Encoders

__all__ = ["Drainer"]

BATCH = 512
"""Marks worked on at once: large enough that embedding runs in batches, small enough to stay interruptible."""


class Drainer:
    """Brings the index up to date with the store, one batch of marks at a time.

    A mark is cleared only after the index took the write, and only if its revision is still the one that was read.
    So a crash at any step, or a change in between, leaves the mark, and the work is done again.
    """

    def __init__(self, store: GraphStore, index: VectorIndex, encoders: Encoders) -> None:
        self._store = store
        self._index = index
        self._encoders = encoders
        # One drainer at a time in a process: with it, plain deletes need no tombstones.
        self._turn = anyio.Lock()
        self._switching = False
        self._behind = False  # a drain failed, and its marks wait

    @asynccontextmanager
    async def switching(self) -> AsyncIterator[None]:
        """While a fresh copy fills beside: the old one goes on being fed, but no mark is cleared.

        What changes meanwhile would otherwise be cleared for having reached the copy that is about to go. Afterwards
        `drain` brings the fresh one up to date.
        """
        async with self._turn:
            self._switching = True
        try:
            yield
        finally:
            self._switching = False

    async def drain(self, marks: Sequence[Mark] | None = None) -> int:
        """Copy what `marks` name, or everything that is pending; returns how many marks were worked off.

        Raises what the store, the embedder or the index raise; the marks not yet done then stay, and the next drain
        works them off, whatever it is asked for.
        """
        async with self._turn:
            try:
                done = await self._drain(None if self._behind and not self._switching else marks)
            except BaseException:
                self._behind = True
                raise
            if not self._switching:
                self._behind = False
            return done

    async def _drain(self, marks: Sequence[Mark] | None) -> int:
        if marks is not None:
            for start in range(0, len(marks), BATCH):
                await self._copy(marks[start : start + BATCH])
            return len(marks)
        if self._switching:
            return 0
        done = 0
        while batch := await self._store.pending(BATCH):
            await self._copy(batch)
            done += len(batch)
        return done

    async def _copy(self, marks: Sequence[Mark]) -> None:
        # Asked at the beginning: what is written before a switch and finished after it went to the old copy.
        settling = not self._switching
        records = await self._store.records(marks)
        points = await self._encoders.points(list(records.values()))
        gone = [mark for mark in marks if mark.id not in records]
        if points:
            await self._index.upsert(points)
        if gone:
            await self._index.delete(gone)
        if settling:
            await self._store.settle(marks)
