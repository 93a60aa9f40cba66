"""The embedded index: the contract on top of one folder with Qdrant Edge shards."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from graphmem.abc import VectorIndex
from graphmem.changes import Mark
from graphmem.errors import GraphmemError, Unavailable
from graphmem.models import Kind, Point
from graphmem.queries import Neighbour, VectorQuery
from graphmem.vectors.edge.faults import passing, translated
from graphmem.vectors.edge.folder import Folder, duplicate
from graphmem.vectors.edge.holding import Holding, Write, drop, put, put_raw
from graphmem.vectors.edge.optimizer import optimize
from graphmem.vectors.edge.shards import KINDS, Copy

__all__ = ["EdgeIndex"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_SLICE = 128
"""Points written in one go: some 10 ms, during which nothing else in the process moves (Edge holds the GIL)."""

_FEW = 16
"""Points up to which writing, 0.1 ms each, is over before another thread would have begun it."""

_PAGE = 1_000
"""Points read in one go, ids and revisions only: 4 ms."""

_FLUSH_AFTER = 5_000
"""Points after which to flush: keeps the log short, which a crash makes us replay (40 ms a flush)."""

_LULL = 5.0
"""Seconds without a write after which a search graph is built: a load is over. (Between its batches lie 1-4.)"""

_PATIENCE = 120.0
"""Seconds after which it is built without one."""


class EdgeIndex(VectorIndex):
    """Qdrant Edge in `folder`, which it makes and holds alone.

    Calls into Edge run one at a time: in a thread of their own, in order, or, where that is idle, at once. From
    `index_from` unindexed points of a kind on, a fresh copy with a search graph is built in the background, once they
    are also half as many as the indexed ones, and nothing is written for a moment. `reserve` bytes have to stay free on
    the disk, else a write raises `DiskFull`.
    """

    def __init__(self, folder: str | Path, *, reserve: int = 64 * 2**20, index_from: int = 20_000) -> None:
        self._folder = Folder(Path(folder), reserve)
        self._holding = Holding(self._folder)
        self._index_from = index_from
        self._lane: ThreadPoolExecutor | None = None
        self._making = asyncio.Lock()
        self._background: asyncio.Task[None] | None = None
        self._graphs = True  # whether building search graphs works here
        self._unflushed = 0
        self._still = asyncio.Lock()  # held by writes, and while files are copied
        self._written_at = 0.0
        self._turn = threading.Lock()  # held during a step
        self._last: Future[Any] | None = None  # what was given to the lane last: when it is done, all is

    # -- opening and closing

    async def open(self, fingerprint: str) -> None:
        """See `VectorIndex.open`. A copy that the process died twice over opening is set aside, too."""
        if self._lane is not None:
            return
        self._lane = _new_lane()
        try:
            await self._run(self._holding.open, self._folder.fingerprint(fingerprint))
        except BaseException:
            self._leave()
            raise
        await self._consider()

    async def aclose(self) -> None:
        """See `VectorIndex.aclose`. What was opened unclean and never scanned stays so."""
        await self._stop_background()
        if self._lane is None:
            return
        try:
            await self._run(self._holding.close)
        finally:
            self._leave()

    def _leave(self) -> None:
        """Give back folder and thread, after what is still running there."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.submit(self._step, self._holding.release)
            lane.shutdown()

    @property
    def clean(self) -> bool:
        """Whether the last stop was orderly, or the copy was built from the store since."""
        return self._holding.clean

    @property
    def stamp(self) -> str | None:
        """See `Stamped.stamp`."""
        return self._holding.stamp

    # -- writing

    async def upsert(self, points: Sequence[Point]) -> None:
        """See `VectorIndex.upsert`."""
        for several in _slices(points):
            run = self._at_once if len(several) <= _FEW else self._run
            async with self._still:
                await run(partial(self._holding.write, put(several)))
        await self._after(len(points))

    async def delete(self, marks: Sequence[Mark]) -> None:
        """See `VectorIndex.delete`. Files go on holding the bytes until `compact` or `rebuild`."""
        async with self._still:
            await self._run(self._holding.write, drop(tuple(marks)))
        await self._after(len(marks))

    async def _after(self, written: int) -> None:
        self._written_at = time.monotonic()
        self._unflushed += written
        if self._unflushed >= _FLUSH_AFTER:
            await self.flush()
            await self._consider()

    async def flush(self) -> None:
        """See `VectorIndex.flush`."""
        self._unflushed = 0
        async with self._still:
            await self._run(lambda: self._holding.copy.flush())

    # -- reading

    async def query(self, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
        """See `VectorIndex.query`."""
        return await self._at_once(lambda: self._holding.copy.ask(queries)) if queries else []

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """See `VectorIndex.scan`. Once it came to its end, the next orderly stop counts as one."""
        for kind in KINDS:
            start: int | None = None
            while True:
                marks, start = await self._run(self._page, kind, start)
                if marks:
                    yield marks
                if start is None:
                    break
        self._holding.looked_through = True

    def _page(self, kind: Kind, start: int | None) -> tuple[list[Mark], int | None]:
        return self._holding.copy.page(kind, start, _PAGE)

    async def count(self) -> int:
        """See `VectorIndex.count`."""
        return await self._run(lambda: self._holding.copy.count())

    # -- making a fresh copy

    async def rebuild(self, fingerprint: str, batches: AsyncIterator[Sequence[Point]]) -> None:
        """See `VectorIndex.rebuild`. Works as well where `open` raised `EmbedderChanged`, and leaves it open."""
        await self._stop_background()
        opened_here = self._lane is None
        if opened_here:
            self._lane = _new_lane()
        try:
            if opened_here:
                await self._run(self._folder.take)
            await self._renew(self._folder.fingerprint(fingerprint), partial(self._filled, _from_points(batches)))
        except BaseException:
            if opened_here:
                self._leave()
            raise
        self._holding.clean = True

    async def compact(self) -> None:
        """See `VectorIndex.compact`."""
        await self._stop_background()
        await self._renew(self._holding.fingerprint, partial(self._filled, self._from_copy()))

    async def _from_copy(self) -> AsyncGenerator[Write, None]:
        await self._run(lambda: self._folder.check_room_to_copy(self._holding.copy.path))
        for kind in KINDS:
            start: int | None = None
            while True:
                points, start = await self._run(self._holding.copy.raw_page, kind, start, _SLICE)
                yield put_raw(kind, points)
                if start is None:
                    break

    async def _renew(self, fingerprint: str, filling: Callable[[], Awaitable[Copy]]) -> None:
        async with self._making:
            try:
                fresh = await filling()
                while await self._run(self._holding.catch_up, fresh):
                    pass
                await self._run(self._holding.switch, fresh, fingerprint)
            except BaseException:
                # Not awaited: this may be a cancellation, which would end the waiting, too.
                if self._lane is not None:
                    self._lane.submit(self._step, self._holding.abandon)
                raise

    async def _filled(self, writes: AsyncGenerator[Write, None]) -> Copy:
        """A fresh copy with what is written to it."""
        async with aclosing(writes):
            fresh = await self._run(self._holding.begin)
            slices = 0
            async for write in writes:
                await self._run(self._holding.write_beside, fresh, write)
                slices += 1
                if slices * _SLICE >= _FLUSH_AFTER:
                    await self._run(fresh.flush)
                    slices = 0
        for kind in KINDS:
            if (await self._run(fresh.unindexed, kind))[0] >= self._index_from:
                await self._index(fresh, kind)
        return fresh

    async def _duplicated(self) -> Copy:
        """A fresh copy of the files, as they are, with graphs for what has outgrown its own.

        Points that pass through Python would cost us as much as writing them did.
        """
        async with self._still:
            await self._run(lambda: self._folder.check_room_to_copy(self._holding.copy.path))
            await self._run(lambda: self._holding.copy.flush())
            outgrown = await self._run(self._outgrown)
            fresh = await self._run(self._holding.begin)
            pieces = duplicate(self._holding.copy.path, fresh.path)
            while await self._run(next, pieces, None) is not None:
                pass
        for kind in KINDS:
            if kind in outgrown:
                await self._index(fresh, kind)
            else:
                await self._run(fresh.load_kind, kind)
        return fresh

    async def _index(self, fresh: Copy, kind: Kind) -> None:
        await self._run(fresh.close_kind, kind)
        await self._run(self._folder.check_room_to_copy, fresh.shard_path(kind))
        self._graphs = await optimize(fresh.shard_path(kind))
        if not self._graphs:
            _log.warning("No search graph could be built for the %s vectors: searching goes on without.", kind)
        await self._run(fresh.load_kind, kind)

    # -- in the background

    def _outgrown(self) -> list[Kind]:
        """The kinds that are worth a new graph."""
        found = {kind: self._holding.copy.unindexed(kind) for kind in KINDS}
        return [kind for kind, (loose, indexed) in found.items() if loose >= max(self._index_from, indexed // 2)]

    async def _consider(self) -> None:
        free = self._graphs and self._background is None and not self._making.locked()
        if free and await self._run(lambda: bool(self._outgrown())):
            self._background = asyncio.create_task(self._index_quietly())

    async def _index_quietly(self) -> None:
        try:
            await _lull(lambda: self._written_at)
            since = time.monotonic()
            await self._renew(self._holding.fingerprint, self._duplicated)
        except Exception as error:
            # Searching works without the graph, only slower. The task stays, so that not every write tries again.
            unforeseen = not isinstance(error, GraphmemError)
            _log.warning("No search graph could be built in the background: %s", error, exc_info=unforeseen)
        else:
            self._background = None
            if self._written_at > since:
                await self._consider()

    async def _stop_background(self) -> None:
        task, self._background = self._background, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    # -- the lane

    async def _run(self, work: Callable[..., T], *args: Any) -> T:
        """Do it in the lane, after what is waiting there."""
        lane = self._opened()
        with self._distrusting():
            self._last = lane.submit(self._step, work, *args)
            return await asyncio.wrap_future(self._last)

    async def _at_once(self, work: Callable[[], T]) -> T:
        """Do it here, unless something is under way or waiting in the lane: nothing is overtaken.

        Edge holds the interpreter while it works, so another thread gains nothing, and takes as long to wake up.
        """
        self._opened()
        waiting = self._last is not None and not self._last.done()
        if waiting or not self._turn.acquire(blocking=False):
            return await self._run(work)
        try:
            with self._distrusting():
                return _translating(work)
        finally:
            self._turn.release()

    def _step(self, work: Callable[..., T], *args: Any) -> T:
        with self._turn:
            return _translating(work, *args)

    def _opened(self) -> ThreadPoolExecutor:
        if self._lane is None:
            raise Unavailable("The vector index is not open.", hint="Open it first.")
        return self._lane

    @contextmanager
    def _distrusting(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            if not passing(error):
                self._holding.distrust()
            raise


def _new_lane() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="graphmem-edge")


def _translating(work: Callable[..., T], *args: Any) -> T:
    with translated("handling its files"):
        return work(*args)


def _slices(points: Sequence[Point]) -> list[Sequence[Point]]:
    return [points[start : start + _SLICE] for start in range(0, len(points), _SLICE)]


async def _from_points(batches: AsyncIterator[Sequence[Point]]) -> AsyncGenerator[Write, None]:
    async for points in batches:
        for several in _slices(points):
            yield put(several)


async def _lull(written_at: Callable[[], float]) -> None:
    """Wait until nothing was written for a moment, or waiting has been long enough."""
    asked = time.monotonic()
    until = asked + min(_LULL, _PATIENCE)
    # Looked at now and then: an event would cost each write something.
    while until > time.monotonic():
        await asyncio.sleep(until - time.monotonic())
        until = min(written_at() + _LULL, asked + _PATIENCE)
