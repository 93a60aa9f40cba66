"""Failures of Edge and of the file system in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from graphmem.errors import DiskFull, Unavailable

__all__ = ["passing", "translated"]

_HINT = "If it stays so, build the index anew from the store: graphmem index rebuild."

_FULL = re.compile(r"No space left|StorageFull|(os error|Errno|code:) 28\b")
# Busy, out of memory, no permission, too many open files: they say nothing about what is on the disk.
_PASSING = re.compile(r"(os error|Errno|code:) (5|11|12|13|23|24)\b|WouldBlock|PermissionDenied|TooManyOpenFiles")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise failures as `Unavailable` or `DiskFull`; `doing` says what was tried.

    Edge raises bare `Exception`s, and where Rust panicked (over a damaged file) a `PanicException`, which is no
    `Exception` and cannot be imported. Anything else is a mistake of ours and goes on.
    """
    try:
        yield
    except BaseException as error:
        outside = isinstance(error, OSError) or type(error) is Exception
        if not outside and type(error).__name__ != "PanicException":
            raise
        said = str(error)
        if _FULL.search(said):
            raise DiskFull(f"The disk is full: {doing} failed.", hint="Free some space.") from error
        raise Unavailable(f"The vector index failed at {doing}: {said[:300]}.", hint=_HINT) from error


def passing(error: Unavailable) -> bool:
    """Whether the failure surely says nothing about the files: the same may work the next time.

    What is not known to pass is taken for damage: that costs a look, or a copy made anew, and not what is in the store.
    """
    return isinstance(error, DiskFull) or _PASSING.search(str(error.__cause__)) is not None
