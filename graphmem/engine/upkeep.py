"""Upkeep: opening after any kind of stop, and the index's care."""

from __future__ import annotations

from collections.abc import Callable

from graphmem.embed.registry import known_dimensions
from graphmem.engine.parts import Parts
from graphmem.errors import EmbedderChanged
from graphmem.indexing import Differences, Drainer, compact, compare, rebuild, repair

__all__ = ["Upkeep"]


class Upkeep:
    """Brings parts up, and the index into agreement with the store."""

    def __init__(self, parts: Parts, drainer: Drainer) -> None:
        self._parts = parts
        self._drainer = drainer

    async def open(self, *, rebuilding: bool = False) -> None:
        """Open store and index. After a stop that was not orderly the index is compared with the store and repaired.

        With `rebuilding`, an index made by another embedder is no error: it is about to be replaced.
        """
        if self._parts.lock is not None:
            self._parts.lock.acquire()
        try:
            await self._parts.store.open()
            await known_dimensions(self._parts.encoders.dense)
            try:
                await self._parts.index.open(self._parts.encoders.fingerprint)
            except EmbedderChanged:
                if not rebuilding:
                    raise
                return
            if self._parts.index.clean:
                await self._drainer.drain()
            else:
                await self.repair()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of everything, the index first, so that its clean stop is on disk."""
        await self._parts.index.aclose()
        await self._parts.store.aclose()
        await self._parts.encoders.dense.aclose()
        if self._parts.lock is not None:
            self._parts.lock.release()

    async def drain(self) -> int:
        """Work off all marks; returns how many there were."""
        return await self._drainer.drain()

    async def compare(self) -> Differences:
        """Compare the index with the store and change nothing."""
        return await compare(self._parts.store, self._parts.index)

    async def repair(self) -> Differences:
        """Compare, and copy again what differs; returns what was found."""
        return await repair(self._parts.store, self._parts.index, self._drainer)

    async def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Build the index anew from the store, with the embedder that is configured now."""
        await self.open(rebuilding=True)
        return await rebuild(self._parts.store, self._parts.index, self._drainer, self._parts.encoders, progress)

    async def compact(self) -> None:
        """Rebuild the index from its own points, faster to search."""
        await compact(self._parts.index, self._drainer)

    async def tally(self, project: str | None = None) -> dict[str, int]:
        """What the store holds, and the points of the index."""
        return {**await self._parts.store.tally(project), "points": await self._parts.index.count()}
