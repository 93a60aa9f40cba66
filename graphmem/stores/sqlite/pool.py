"""The store's threads: one that writes, a few that read, each with a connection of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from graphmem.errors import Unavailable
from graphmem.stores.sqlite.failures import translated
from graphmem.stores.sqlite.session import Session, Synchronous, connect

__all__ = ["Pool"]

Answer = TypeVar("Answer")

_READERS = 3


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

    @property
    def is_open(self) -> bool:
        """Whether there are threads to work in."""
        return self._writer is not None

    async def open(self, prepare: Callable[[Session], None]) -> None:
        """Start the threads; `prepare` is given the writing session first."""
        writer = ThreadPoolExecutor(1, thread_name_prefix="graphmem-writer")

        def start() -> Session:
            with translated(self.path):
                session = connect(self.path, reading=False, synchronous=self._synchronous)
                try:
                    prepare(session)
                except BaseException:
                    session.close()
                    raise
            return session

        try:
            self._session = await asyncio.get_running_loop().run_in_executor(writer, start)
        except BaseException:
            writer.shutdown(wait=False)
            raise
        self._writer = writer
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="graphmem-reader")

    async def close(self, finish: Callable[[Session], None]) -> None:
        """Let what is under way finish, then `finish` with the writing session, and close everything."""
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
                    finish(session)
            finally:
                session.close()

        try:
            await asyncio.get_running_loop().run_in_executor(writer, stop)
        finally:
            self._local = threading.local()
            writer.shutdown()

    async def write(self, work: Callable[[Session], Answer]) -> Answer:
        """Run `work` in the writing thread. Once begun it is carried out, even if the caller is cancelled."""
        if self._writer is None:
            raise self._closed()
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._written, work)

    async def read(self, work: Callable[[Session], Answer]) -> Answer:
        """Run `work` in a reading thread, over one consistent state."""
        if self._readers is None:
            raise self._closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def another(self) -> Session:
        """A reading session beside the pool's, for reads that last. The caller closes it."""
        with translated(self.path):
            return connect(self.path, reading=True)

    def _written(self, work: Callable[[Session], Answer]) -> Answer:
        session = self._session
        if session is None:
            raise self._closed()
        with translated(self.path):
            return work(session)

    def _read(self, work: Callable[[Session], Answer]) -> Answer:
        with translated(self.path):
            session: Session | None = getattr(self._local, "session", None)
            if session is None:
                session = self._local.session = connect(self.path, reading=True)
                self._sessions.append(session)
            with session.reading():
                return work(session)

    def _closed(self) -> Unavailable:
        return Unavailable(f"The store {str(self.path)!r} is closed.", hint="Open it first.")
