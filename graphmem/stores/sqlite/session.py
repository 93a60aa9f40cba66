"""Connections: how they are opened, and statements run on them by name."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from graphmem.stores.sqlite.functions import register
from graphmem.stores.statements import SQL, Condition, Statement, load

__all__ = ["Session", "Synchronous", "connect", "statements"]

Synchronous = Literal["FULL", "NORMAL"]
"""FULL: a commit is on the disk when it returns. NORMAL: a power cut may take the last ones, whole."""

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]

_BUSY = 10.0  # seconds to wait for a writer in another process
_STATEMENTS = 400  # prepared ones kept a connection: those of the files, and filters asked again
_PRAGMA = {"FULL": "PRAGMA synchronous = FULL", "NORMAL": "PRAGMA synchronous = NORMAL"}
_CACHE = -16_384  # KiB of pages kept a connection

_MAPPED = 2**31 - 2**16
"""Bytes of the file that reading connections map into memory, as many as SQLite lets them: of 150 MB, a search reads
some hundred pages that no cache of ours holds, at 3 µs each. The pages are the system's, to take back at any time."""


@cache
def statements() -> dict[str, Statement]:
    """The store's statements, by name."""
    return load(files("graphmem.stores.sqlite") / "sql", SQL, leave_out=("migrations",))


def connect(path: Path, *, reading: bool, synchronous: Synchronous = "FULL") -> Session:
    """A connection to the file, which a reading one has to find there. Used by one thread at a time.

    Raises what `sqlite3` raises.
    """
    connection = sqlite3.connect(
        path, timeout=_BUSY, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
    )
    try:
        register(connection)
        run = connection.execute
        run("PRAGMA cache_size = " + str(_CACHE))
        if reading:
            run("PRAGMA query_only = ON")
            # Windows does not shorten a file that is mapped, and what was erased could stay at its end.
            if os.name == "posix":
                run("PRAGMA mmap_size = " + str(_MAPPED))
        else:
            # Deleted rows are overwritten; nothing of them stays in free pages.
            run("PRAGMA secure_delete = ON")
            run("PRAGMA foreign_keys = ON")
            _log_ahead(connection)
            # Bringing the log into the file holds up one commit: rarely (16 MiB), then.
            run("PRAGMA wal_autocheckpoint = 4096")
            run(_PRAGMA[synchronous])
    except BaseException:
        connection.close()
        raise
    return Session(connection, synchronous)


class Session:
    """A connection that runs statements by their names."""

    def __init__(self, connection: sqlite3.Connection, synchronous: Synchronous = "FULL") -> None:
        self.connection = connection
        self.erased = False  # set by work that takes words away; whoever erases them from the files clears it
        self._synchronous = synchronous
        self._texts = {name: statement.text for name, statement in statements().items()}

    def all(self, name: str, /, **params: Any) -> list[Row]:
        """All rows."""
        return self.connection.execute(self._texts[name], params).fetchall()

    def each(self, name: str, /, **params: Any) -> Iterator[Row]:
        """The rows one by one, for what may be more than fits into memory."""
        yield from self.connection.execute(self._texts[name], params)

    def one(self, name: str, /, **params: Any) -> Row | None:
        """The first row, if there is one."""
        row: Row | None = self.connection.execute(self._texts[name], params).fetchone()
        return row

    def run(self, name: str, /, **params: Any) -> int:
        """Run a statement that returns nothing; the number of rows it changed."""
        return self.connection.execute(self._texts[name], params).rowcount

    def many(self, name: str, rows: Iterable[Parameters]) -> None:
        """Run it once for each of `rows`."""
        if listed := list(rows):
            self.connection.executemany(self._texts[name], listed)

    def seen(self, name: str, params: Parameters, /, **conditions: Condition) -> list[Row]:
        """All rows of a statement with its gaps filled."""
        return self.connection.execute(statements()[name].where(**conditions), params).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that locks the file at once: all of the block, or nothing of it."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One consistent state for all statements of the block."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def hasty(self) -> Iterator[None]:
        """Transactions in the block do not wait for the disk: a power cut may take them, each as a whole."""
        self.connection.execute(_PRAGMA["NORMAL"])
        try:
            yield
        finally:
            self.connection.execute(_PRAGMA[self._synchronous])

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self.connection.execute(begin)
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            # A full disk ends the transaction by itself.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait by itself for another process that is doing the same."""
    until = time.monotonic() + _BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
