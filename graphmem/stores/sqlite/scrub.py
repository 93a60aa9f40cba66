"""Zeroing what SQLite leaves behind in the unused middle of its pages.

`secure_delete` overwrites a deleted row where it is. But rows move: when a page overflows or runs low, SQLite
spreads its rows over the neighbours and rebuilds it, and copies of rows that have left stay in the page, between
its list of cells and the cells themselves. A row that is deleted later is overwritten in its new place only.
VACUUM would help, and costs a copy of the whole file. This zeroes the gaps in place, at the speed of reading.

Why that is safe. SQLite never reads the gap of a page: with it or without it, the page says the same. While the
write-ahead log is empty and this connection holds the write lock, nothing else changes the file or moves a gap. A
write that is torn by a power cut mixes sectors that differ in the gap only. Afterwards a commit makes the other
connections forget the pages that they hold in memory, so that none writes an old gap back.

The page format is that of https://www.sqlite.org/fileformat2.html, section 1.6.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from graphmem.stores.sqlite.session import Session

__all__ = ["Raw", "scrub"]

_CHUNK = 2**22  # bytes read at once
_MOST = 2**25  # pages: other pages begin with a page number, and up to here its first byte is no kind
_FIRST_HEADER = 100  # where page 1 has its header, after that of the file
_LEAF, _INTERIOR = (10, 13), (2, 5)  # kinds of b-tree pages: index and table
_HEADER = struct.Struct(">BHHH")  # kind, first free block, number of cells, start of the cells


@dataclass(slots=True)
class _Opened:
    descriptor: int | None = None
    users: int = 0


class Raw:
    """The file beside SQLite's own access to it.

    Closing any descriptor of a file takes away all locks that this process holds on it (POSIX says so), those of
    SQLite's connections included. So there is one descriptor a file and process, and it is closed after the last
    connection: `close` is called when the connections of its holder are closed.
    """

    _all: ClassVar[dict[tuple[int, int], _Opened]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: Path) -> None:
        """Note that connections to the file are open; the file has to exist."""
        found = path.stat()
        self.path = path
        self._key = (found.st_dev, found.st_ino)
        with self._lock:
            self._all.setdefault(self._key, _Opened()).users += 1

    def close(self) -> None:
        """The connections are closed. Called once."""
        with self._lock:
            opened = self._all[self._key]
            opened.users -= 1
            if not opened.users:
                del self._all[self._key]
                if opened.descriptor is not None:
                    os.close(opened.descriptor)

    def zero_gaps(self, size: int) -> bool:
        """Zero the gaps of all pages of `size` bytes; whether there was anything to zero."""
        with self._lock:
            opened = self._all[self._key]
            if opened.descriptor is None:
                opened.descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            found = False
            for start, end in _gaps(opened.descriptor, size):
                os.lseek(opened.descriptor, start, os.SEEK_SET)
                os.write(opened.descriptor, bytes(end - start))
                found = True
            if found:
                os.fsync(opened.descriptor)
        return found


def scrub(session: Session, raw: Raw) -> bool:
    """Zero the gaps of all pages, right after the log was truncated; False if somebody wrote meanwhile."""
    run = session.connection.execute
    log = raw.path.with_name(raw.path.name + "-wal")
    with session.writing():
        if log.exists() and log.stat().st_size:
            return False
        dirty = raw.zero_gaps(int(run("PRAGMA page_size").fetchone()[0]))
        if dirty:
            # Any commit makes the others read again; this connection is told below.
            run("PRAGMA user_version = " + str(int(run("PRAGMA user_version").fetchone()[0])))
    if dirty:
        run("PRAGMA shrink_memory")
    return True


def _gaps(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Where unused bytes are not zero: file offsets, the end excluded."""
    at = 0
    while at < _MOST * size:
        os.lseek(descriptor, at, os.SEEK_SET)
        chunk = os.read(descriptor, _CHUNK)
        if len(chunk) < size:
            return
        for page in range(0, len(chunk) - size + 1, size):
            header = page + (_FIRST_HEADER if at + page == 0 else 0)
            kind = chunk[header]
            if kind not in _LEAF and kind not in _INTERIOR:
                continue  # a page of a long text, or a free one
            _, _, cells, content = _HEADER.unpack_from(chunk, header)
            start = header + (8 if kind in _LEAF else 12) + 2 * cells
            end = page + min(content or 65_536, size)
            if chunk[start:end].strip(b"\0"):
                yield at + start, at + end
        at += len(chunk) - len(chunk) % size
