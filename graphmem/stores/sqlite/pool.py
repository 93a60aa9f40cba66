"""The store's threads: one that writes, a few that read, each with a connection of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from graphmem.errors import GraphmemError, Unavailable
from graphmem.stores.sqlite.erase import truncate_log
from graphmem.stores.sqlite.failures import translated
from graphmem.stores.sqlite.scrub import Raw, scrub
from graphmem.stores.sqlite.session import Session, Synchronous, connect

__all__ = ["Pool"]

Answer = TypeVar("Answer")

_log = logging.getLogger(__name__)
_READERS = 3
_PATIENCE = 50  # milliseconds that readers have to finish before what was deleted is erased later
_END = object()


class Pool:
    """Runs work on sessions, in threads. `open` and `close` are called from one task at a time."""

    def __init__(self, path: Path, synchronous: Synchronous) -> None:
        self.path = path
        self._synchronous = synchronous
        self._writer: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._session: Session | None = None
        self._local = threading.local()
        self._sessions: list[Session] = []
        self._raw: Raw | None = None
        self._owed = False  # something was erased, and the files may still hold it

    @property
    def is_open(self) -> bool:
        """Whether there are threads to work in."""
        return self._writer is not None

    async def open(self, prepare: Callable[[Session], None]) -> None:
        """Start the threads; `prepare` is given the writing session first."""
        writer = ThreadPoolExecutor(1, thread_name_prefix="graphmem-writer")

        def start() -> Session:
            with translated(self.path):
                # A process that died may have left a log with deleted words in it.
                self._owed = _log_size(self.path) > 0
                session = connect(self.path, reading=False, synchronous=self._synchronous)
                try:
                    prepare(session)
                    self._raw = Raw(self.path)
                except BaseException:
                    session.close()
                    raise
            return session

        try:
            self._session = await asyncio.get_running_loop().run_in_executor(writer, start)
        except BaseException:
            writer.shutdown(wait=False)
            raise
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="graphmem-reader")
        self._writer = writer

    async def close(self) -> None:
        """Let what is under way finish, empty the log if that is owed, close everything."""
        writer, readers, session = self._writer, self._readers, self._session
        if writer is None or readers is None or session is None:
            return
        self._writer = self._readers = self._session = None

        def stop() -> None:
            readers.shutdown()
            for each in self._sessions:
                each.close()
            self._sessions.clear()
            try:
                with translated(self.path):
                    self._erase(session)
            finally:
                session.close()
                if self._raw is not None:
                    self._raw.close()
                    self._raw = None

        try:
            await asyncio.get_running_loop().run_in_executor(writer, stop)
        finally:
            writer.shutdown()

    # -- work

    async def write(self, work: Callable[[Session], Answer]) -> Answer:
        """Run `work` in the writing thread. Once begun it is carried out, even if the caller is cancelled."""
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[Session], Answer]) -> Future[Answer]:
        """The same, without waiting for it: it is done before whatever is written later."""
        writer, session = self._writer, self._session
        if writer is None or session is None:
            raise self._closed()
        return writer.submit(self._write, session, work)

    async def read(self, work: Callable[[Session], Answer], *, brief: bool = False) -> Answer:
        """Run `work` in a reading thread, over one consistent state.

        What is `brief`, bounded to a few milliseconds, is run here and now: another thread would take as long to wake
        up, on a core with nothing in its caches. (Five such reads in a search made up a third of it.)
        """
        if self._readers is None:
            raise self._closed()
        if brief:
            answer = self._read(work)
        else:
            answer = await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        self._pay()
        return answer

    async def stream(self, work: Callable[[Session], Iterator[Answer]]) -> AsyncGenerator[Answer, None]:
        """What `work` yields, from a session and a thread of its own, which last as long as the iteration."""
        if not self.is_open:
            raise self._closed()
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, thread_name_prefix="graphmem-stream")
        opened: list[Any] = []

        def step() -> Answer | object:
            with translated(self.path):
                if not opened:
                    opened.append(Raw(self.path))
                    opened.append(connect(self.path, reading=True))
                    opened.append(work(opened[1]))
                return next(opened[2], _END)

        def stop() -> None:
            for each in reversed(opened):
                each.close()

        try:
            while (item := await loop.run_in_executor(thread, step)) is not _END:
                yield cast("Answer", item)
        finally:
            # A step that was abandoned in the middle is finished first: there is one thread for both.
            thread.submit(stop)
            thread.shutdown()
            self._pay()

    # -- in the threads

    def _write(self, session: Session, work: Callable[[Session], Answer]) -> Answer:
        with translated(self.path):
            answer = work(session)
        try:
            with translated(self.path):
                self._erase(session)
        except GraphmemError as error:
            # The work is done, and this is still owed: every read and write, and the close, try again.
            _log.warning("What was deleted could not be erased yet: %s", error.message)
        return answer

    def _read(self, work: Callable[[Session], Answer]) -> Answer:
        with translated(self.path):
            session: Session | None = getattr(self._local, "session", None)
            if session is None:
                session = self._local.session = connect(self.path, reading=True)
                self._sessions.append(session)
            with session.reading():
                return work(session)

    def _erase(self, session: Session) -> None:
        """Take what was deleted out of the files, unless a reader is in the way; then it is owed."""
        first, session.erased = session.erased, False
        self._owed = self._owed or first
        if self._owed and self._raw is not None:
            self._owed = not (truncate_log(session, wait=_PATIENCE if first else 0) and scrub(session, self._raw))

    def _pay(self) -> None:
        """A reader is done: erase what it may have been in the way of. Nobody waits for it."""
        writer, session = self._writer, self._session
        if self._owed and writer is not None and session is not None:
            writer.submit(self._write, session, lambda _: None)

    def _closed(self) -> Unavailable:
        return Unavailable(f"The store {str(self.path)!r} is closed.", hint="Open it first.")


def _log_size(path: Path) -> int:
    """How long the write-ahead log is."""
    log = path.with_name(path.name + "-wal")
    return log.stat().st_size if log.exists() else 0
