"""What an open index holds: the folder, the copy that counts, and maybe one in the making. Synchronous.

All of it runs step by step, one at a time, so nothing here has to think of concurrency: between two steps
anything may have been written, within one nothing.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphmem.changes import Mark
from graphmem.errors import EmbedderChanged, GraphmemError, Unavailable
from graphmem.ids import new_id
from graphmem.models import Kind, Point
from graphmem.vectors.edge.faults import passing
from graphmem.vectors.edge.folder import Folder
from graphmem.vectors.edge.shards import Copy

__all__ = ["Holding", "Write", "drop", "put", "put_raw"]

_log = logging.getLogger(__name__)

_LAST_ATTEMPT = 2
"""How often the process may die over opening a copy before that copy is given up."""


_AT_ONCE = 4
"""Writes that a fresh copy takes in one go, each of up to 128 points: faster than new ones come, one by one."""


class Write(NamedTuple):
    """Something to be done to a copy, and by how many bytes it may grow (None: hardly)."""

    do: Callable[[Copy], None]
    growth: int | None


def put(points: Sequence[Point]) -> Write:
    """Write points. Each takes vector, code and log, tokens and terms, all with room."""
    return Write(lambda copy: copy.put(points), sum(8 * len(point.dense) + 2_048 for point in points))


def put_raw(kind: Kind, points: Sequence[Any]) -> Write:
    """Write points in Edge's words; there has to be room for them."""
    return Write(lambda copy: copy.put_raw(kind, points), 0)


def drop(marks: Sequence[Mark]) -> Write:
    """Remove points."""
    return Write(lambda copy: copy.drop(marks), None)


class Holding:
    """The folder and its copies, from `open` to `close`."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.fingerprint = ""
        self.clean = False
        self.stamp: str | None = None  # of the last stop, if it was orderly
        self.looked_through = False
        self._copy: Copy | None = None
        self._fresh: Copy | None = None
        self._missed: deque[Write] = deque()  # by the fresh copy

    @property
    def copy(self) -> Copy:
        """The copy that counts. Raises `Unavailable` where there is none."""
        if self._copy is None:
            raise Unavailable("The vector index is not open.", hint="Open it, or wait until its rebuilding is through.")
        return self._copy

    # -- opening and closing

    def open(self, fingerprint: str) -> None:
        """Hold the folder and open its copy, or start an empty one; see `VectorIndex.open`."""
        self.folder.take()
        self.folder.check_space()
        self.clean, self.stamp = False, None
        pointer = self.folder.pointer()
        if pointer is not None and pointer.fingerprint != fingerprint:
            raise EmbedderChanged(
                f"The vector index was built with {pointer.fingerprint!r}, and {fingerprint!r} is configured.",
                hint="Build it anew with `graphmem index rebuild`, or configure what it was built with.",
                built_with=pointer.fingerprint,
                configured=fingerprint,
            )
        copy = None if pointer is None else self._load(self.folder.path / pointer.copy)
        self.looked_through = copy is None  # an empty one is quickly compared
        if copy is None:
            copy = Copy(self.folder.fresh())
            self.folder.point_to(copy.path, fingerprint)
        self._copy, self.fingerprint = copy, fingerprint
        self.folder.sweep(keep=copy.path)
        self.folder.state = "open"

    def _load(self, path: Path) -> Copy | None:
        """The copy, None if it has to be set aside. After an unclean stop everything in it is read once."""
        state, attempts = self.folder.state, self.folder.attempts
        if attempts >= _LAST_ATTEMPT:
            _log.warning("Opening the vector index %s ended the process %d times: starting empty.", path, attempts)
            return None
        self.folder.state = f"opening:{attempts + 1}"
        copy = Copy(path)
        try:
            copy.load()
            self.stamp = _stamp(state, copy)
            self.clean = self.stamp is not None
            if not self.clean:
                copy.check()
        except Unavailable as error:
            if passing(error):
                self.folder.state = state
                raise
            _log.warning("The vector index %s cannot be read, starting empty: %s", path, error.message)
            self.clean, self.stamp = False, None
            _close_quietly(copy)
            return None
        return copy

    def distrust(self) -> None:
        """Something could not be read: let the next opening look closer."""
        self.clean = self.looked_through = False

    def close(self) -> None:
        """Bring everything to disk and note how the stop was. `release` comes after it, always."""
        self.abandon()
        copy, self._copy = self._copy, None
        if copy is not None:
            self.stamp = new_id() if self.clean or self.looked_through else None
            state = f"closed:{copy.count()}:{self.stamp}" if self.stamp else "open"
            copy.close()
            self.folder.state = state

    def release(self) -> None:
        """Give the folder back, whatever state things are in."""
        copy, self._copy = self._copy, None
        if copy is not None:
            _close_quietly(copy)
        self.folder.release()

    # -- writing

    def write(self, write: Write) -> None:
        """Write to the copy that counts; the one in the making will hear of it."""
        self.folder.check_space(write.growth)
        write.do(self.copy)
        if self._fresh is not None:
            self._missed.append(write)

    # -- a fresh copy

    def begin(self) -> Copy:
        """Start a fresh copy, unknown to readers."""
        self.folder.check_space()
        self._missed.clear()
        self._fresh = Copy(self.folder.fresh())
        return self._fresh

    def write_beside(self, fresh: Copy, write: Write) -> None:
        """Write to the fresh copy alone."""
        self.folder.check_space(write.growth)
        write.do(fresh)

    def catch_up(self, fresh: Copy) -> bool:
        """Do again on the fresh copy some of the writes it missed; whether there are more."""
        for _ in range(min(_AT_ONCE, len(self._missed))):
            self.write_beside(fresh, self._missed.popleft())
        return bool(self._missed)

    def switch(self, fresh: Copy, fingerprint: str) -> None:
        """Let the fresh copy catch up and count; remove the old one. A crash leaves one or the other."""
        while self.catch_up(fresh):
            pass
        fresh.flush()
        self.folder.point_to(fresh.path, fingerprint)
        self.folder.state = "open"
        old, self._copy, self.fingerprint = self._copy, fresh, fingerprint
        self._fresh = None
        if old is not None:
            _close_quietly(old)
        self.folder.sweep(keep=fresh.path)

    def abandon(self) -> None:
        """Throw away the fresh copy, if there (still) is one."""
        fresh, self._fresh = self._fresh, None
        self._missed.clear()
        if fresh is not None:
            _close_quietly(fresh)
            self.folder.remove(fresh.path)


def _stamp(state: str, copy: Copy) -> str | None:
    """The stamp of an orderly stop, None after any other. The count betrays files that lost something since."""
    name, _, rest = state.partition(":")
    count, _, stamp = rest.partition(":")
    return stamp if name == "closed" and count == str(copy.count()) else None


def _close_quietly(copy: Copy) -> None:
    """Close a copy that nobody needs any longer."""
    try:
        copy.close()
    except GraphmemError as error:
        _log.warning("A vector index that is not needed any longer did not close well: %s", error.message)
