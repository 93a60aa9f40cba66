"""SQLite's errors as graphmem's."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphmem.errors import (
    ConfigurationError,
    CorruptStore,
    DiskFull,
    GraphmemError,
    InvalidInput,
    Unavailable,
)

__all__ = ["translated"]

_RETRY_AFTER = 1.0  # seconds; a writer elsewhere rarely holds the file longer
_NEEDED = 4 * 2**20  # bytes of free space below which a failed write is taken for a full disk


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what `sqlite3` raises inside the block into errors of graphmem's tree."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error
    except OSError as error:
        raise _full(path) if error.errno == errno.ENOSPC else _failed(path, error) from error
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"A text holds half of a surrogate pair at position {error.start} and cannot be stored.",
            hint="Decode the text as UTF-8 or UTF-16 before sending it.",
        ) from error
    except OverflowError as error:
        raise InvalidInput(f"A number is too large for the store: {error}.") from error


def _translate(error: sqlite3.Error, path: Path) -> GraphmemError:
    # An extended code says more than its primary one, which is its low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free(path) < _NEEDED):
        return _full(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable(
            f"Another process is writing to {str(path)!r} and did not finish in time.",
            hint="Try again in a moment.",
            retry_after=_RETRY_AFTER,
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CorruptStore(
            f"The store {str(path)!r} is damaged, or is no SQLite database: {error}.",
            hint="Restore it from a backup or an export.",
            problems=[str(error)],
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return ConfigurationError(
            f"The store {str(path)!r} cannot be written: {error}.",
            hint=_why(path),
            setting="path",
        )
    return _failed(path, error)


def _full(path: Path) -> DiskFull:
    return DiskFull(
        f"The disk of {str(path)!r} is full; nothing was written.",
        hint="Free some space and try again.",
        free=_free(path),
        needed=_NEEDED,
    )


def _failed(path: Path, error: Exception) -> Unavailable:
    return Unavailable(f"The store {str(path)!r} failed: {error}.")


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return _NEEDED


def _why(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder {str(path.parent)!r} does not exist."
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            return f"You have no permission to write to {str(place)!r} ({os.strerror(errno.EACCES)})."
    return "Check the folder's permissions, and that its file system is not mounted read-only."
