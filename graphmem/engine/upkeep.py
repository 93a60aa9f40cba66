"""Upkeep: opening after any kind of stop, and the index's care."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

import anyio

from graphmem.abc import Stamped
from graphmem.embed.registry import known_dimensions
from graphmem.engine.parts import Parts
from graphmem.engine.records import HOUSE
from graphmem.errors import EmbedderChanged, GraphmemError, ModelError, Unavailable
from graphmem.indexing import Differences, Drainer, compact, compare, rebuild, repair

__all__ = ["Upkeep"]

STOP = "index_stop"
"""The setting that keeps the name of the index's last stop."""

_log = logging.getLogger(__name__)


class Upkeep:
    """Brings parts up, and the index into agreement with the store."""

    def __init__(self, parts: Parts, drainer: Drainer) -> None:
        self._parts = parts
        self._drainer = drainer
        self.is_open = False
        self._indexed = False  # whether the index is open
        self._opening = anyio.Lock()

    async def open(self, *, rebuilding: bool = False) -> None:
        """Open store and index; idempotent. After a stop that was not orderly the index is compared and repaired.

        An index on a server that is away is no error: writes are marked, searches are degraded, and `keep` opens it
        later. With `rebuilding`, one made by another embedder is no error: it is about to be replaced.
        """
        if self.is_open:
            return
        if self._parts.lock is not None:
            self._parts.lock.acquire()
        try:
            await self._parts.store.open()
            await known_dimensions(self._parts.encoders.dense)
            try:
                await self._open_index()
            except EmbedderChanged:
                if not rebuilding:
                    raise
            except Unavailable as error:
                if self._parts.lock is not None:  # it is on this machine's disk, and waiting does not mend that
                    raise
                _log.warning("The vector index cannot be reached: %s", error.message)
        except BaseException:
            await self.close()
            raise
        self.is_open = True

    async def _open_index(self) -> None:
        async with self._opening:
            if self._indexed:
                return
            await self._parts.index.open(self._parts.encoders.fingerprint)
            self._indexed = True
            await self._catch_up(trusted=await self._stopped_together())

    async def keep(self, every: float = 5.0) -> None:
        """Work off what the index owes, every few seconds, until cancelled: for servers.

        What is written here is copied at once; this is for what could not be, because the index or the embedder was
        away, and for what a process left that ended too early.
        """
        said = ""
        while True:
            await anyio.sleep(every)
            try:
                if not self._indexed:
                    await self._open_index()
                elif await self._parts.store.pending(1):
                    await self._drainer.drain()
                said = ""
            except GraphmemError as error:
                if error.message != said:
                    said = error.message
                    _log.warning("The vector index lags behind the store: %s", said)

    async def _catch_up(self, *, trusted: bool) -> None:
        """Bring the copy up to date. Where that fails for now (a full disk, no model) the marks stay, and it lags."""
        try:
            if trusted:
                await self._drainer.drain()
            else:
                await self.repair()
        except (Unavailable, ModelError) as error:
            _log.warning("The vector index lags behind the store: %s", error.message)

    async def _stopped_together(self) -> bool:
        """Whether the copy is orderly, and of the store's last stop where it can tell; from now on it is not that."""
        index, store = self._parts.index, self._parts.store
        if not isinstance(index, Stamped):
            return index.clean
        last = await store.setting(HOUSE, STOP)
        if last is not None:
            await store.put_setting(HOUSE, STOP, None)
        return index.clean and index.stamp == last

    async def _note_stop(self) -> None:
        """Keep with the store how the index calls the stop that it has just made."""
        index = self._parts.index
        if isinstance(index, Stamped) and index.stamp is not None:
            await self._parts.store.put_setting(HOUSE, STOP, index.stamp)

    async def close(self) -> None:
        """Let go of everything, the index first, so that its clean stop is on disk; idempotent.

        What fails to close does not keep the rest open; the failure is raised in the end.
        """
        was_open, self.is_open = self.is_open, False
        self._indexed = False
        async with AsyncExitStack() as parts:
            if self._parts.lock is not None:
                parts.callback(self._parts.lock.release)
            if self._parts.cache is not None:
                parts.push_async_callback(self._parts.cache.aclose)
            if self._parts.chat is not None:
                parts.push_async_callback(self._parts.chat.aclose)
            parts.push_async_callback(self._parts.encoders.dense.aclose)
            parts.push_async_callback(self._parts.store.aclose)
            if was_open:
                parts.push_async_callback(self._note_stop)
            parts.push_async_callback(self._parts.index.aclose)

    async def drain(self) -> int:
        """Work off all marks; returns how many there were."""
        return await self._drainer.drain()

    async def compare(self) -> Differences:
        """Compare the index with the store and change nothing."""
        return await compare(self._parts.store, self._parts.index)

    async def repair(self) -> Differences:
        """Compare, and copy again what differs; returns what was found.

        What is still wrong then shows an index that takes no more writes, as files that a power cut left at odds may:
        it is built anew.
        """
        found = await repair(self._parts.store, self._parts.index, self._drainer)
        if found.wrong and set(found.wrong) & set((await self.compare()).wrong):
            _log.warning("The vector index could not be repaired: building it anew.")
            await self._renew()
        return found

    async def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Build the index anew from the store, with the embedder that is configured now."""
        opened_here = not self.is_open
        await self.open(rebuilding=True)
        try:
            return await self._renew(progress)
        except BaseException:
            if opened_here:  # maybe without an index
                await self.close()
            raise

    async def _renew(self, progress: Callable[[int], None] | None = None) -> int:
        return await rebuild(self._parts.store, self._parts.index, self._drainer, self._parts.encoders, progress)

    async def compact(self) -> None:
        """Rebuild the index from its own points, faster to search."""
        await compact(self._parts.index, self._drainer)

    async def tally(self, project: str | None = None) -> dict[str, int]:
        """What the store holds, and the `points` of the index; those are missing while it cannot be reached."""
        held = await self._parts.store.tally(project)
        try:
            return {**held, "points": await self._parts.index.count()}
        except Unavailable:
            return held
