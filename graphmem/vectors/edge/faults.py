"""Failures of Edge and of the file system in our words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from graphmem.errors import DiskFull, Unavailable

__all__ = ["translated"]

_HINT = "If it stays so, build the index anew from the store: graphmem index rebuild."


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise failures as `Unavailable` or `DiskFull`; `doing` says what was tried.

    Edge raises bare `Exception`s, and where Rust panicked (over a damaged file) a `PanicException`, which is no
    `Exception` and cannot be imported. Anything else is a mistake of ours and passes.
    """
    try:
        yield
    except BaseException as error:
        outside = isinstance(error, OSError) or type(error) is Exception
        if not outside and type(error).__name__ != "PanicException":
            raise
        said = str(error)
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        if full or "No space left" in said or "os error 28" in said:
            raise DiskFull(f"The disk is full: {doing} failed.", hint="Free some space.") from error
        raise Unavailable(f"The vector index failed at {doing}: {said[:200]}.", hint=_HINT) from error
