"""The files around the copies: whose turn it is, which copy counts, how the last stop was, what space is left.

::

    lock, holder      held while the index is open; who holds it
    current           which copy counts, and what it was built with: replaced in one step
    state             closed:<points>:<stamp> | open | opening:<attempts>
    copy-<n>/         one copy: a shard for each kind
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from filelock import FileLock, Timeout

from graphmem.errors import DiskFull, StoreLocked

__all__ = ["Folder", "Pointer", "duplicate", "warm"]

_log = logging.getLogger(__name__)

_FORMAT = "edge1"
"""Changes when older copies cannot be read any longer; part of the fingerprint, so they are rebuilt."""

_HEADROOM = 16 * 2**20
"""Bytes that even opening and deleting need: logs and maps grow in steps."""


_PIECE = 4 * 2**20
"""Bytes copied in one go: 2-4 ms."""


class Pointer(NamedTuple):
    """The copy that counts, and the fingerprint it was built with."""

    copy: str
    fingerprint: str


class Folder:
    """One embedded index's folder. `reserve` is how many bytes have to stay free for a write to begin.

    Edge writes through memory maps: on a full disk the operating system kills the process with SIGBUS, which nothing
    here could catch. So space is asked for before each write. Others may take it in between: hence the reserve.
    """

    def __init__(self, path: Path, reserve: int) -> None:
        self.path = path
        self._reserve = reserve
        self._lock: FileLock | None = None

    # -- whose turn

    def take(self) -> None:
        """Hold the folder. Raises `StoreLocked` if another index holds it, here or in another process."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            holder = self._read("holder") or "another process"
            raise StoreLocked(
                f"The vector index in {str(self.path)!r} is in use by {holder}.",
                hint="Close it there, or talk to the server that holds it.",
                holder=holder,
            ) from None
        self._lock = lock
        self._write("holder", f"process {os.getpid()}")

    def release(self) -> None:
        """Let others have it; idempotent."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # -- which copy

    def fingerprint(self, encoders: str) -> str:
        """What a copy is built with: the encoders' fingerprint and the layout's version."""
        return f"{_FORMAT}+{encoders}"

    def pointer(self) -> Pointer | None:
        """The copy that counts; None where there is none, or what is said of it cannot be read."""
        text = self._read("current")
        if text is None:
            return None
        try:
            said = json.loads(text)
            pointer = Pointer(str(said["copy"]), str(said["fingerprint"]))
        except (ValueError, KeyError, TypeError):
            _log.warning("The pointer of the vector index in %s cannot be read.", self.path)
            return None
        return pointer if (self.path / pointer.copy).is_dir() else None

    def point_to(self, copy: Path, fingerprint: str) -> None:
        """Let `copy` count from now on."""
        self._write("current", json.dumps({"copy": copy.name, "fingerprint": fingerprint}))

    def fresh(self) -> Path:
        """A folder for a new copy, with a number that no other has."""
        numbers = [int(path.name.removeprefix("copy-")) for path in self._copies()]
        path = self.path / f"copy-{max(numbers, default=0) + 1}"
        path.mkdir()
        return path

    def sweep(self, keep: Path) -> None:
        """Remove all copies but one: what a crash left, or what was set aside."""
        for path in self._copies():
            if path != keep:
                self.remove(path)

    def remove(self, path: Path) -> None:
        """Remove a copy. What resists now is swept at the next open."""
        try:
            shutil.rmtree(path)
        except OSError as error:
            _log.warning("The old vector index %s could not be removed yet: %s", path, error)

    def _copies(self) -> list[Path]:
        return [path for path in self.path.glob("copy-*") if path.name.removeprefix("copy-").isdigit()]

    # -- how the last stop was

    @property
    def state(self) -> str:
        """How the last stop was, or empty where nothing is known."""
        return self._read("state") or ""

    @state.setter
    def state(self, value: str) -> None:
        self._write("state", value)

    @property
    def attempts(self) -> int:
        """How often in a row the process died while it opened this copy."""
        name, _, count = self.state.partition(":")
        return int(count) if name == "opening" and count.isdigit() else 0

    # -- what space is left

    def check_space(self, growth: int | None = None) -> None:
        """Raise `DiskFull` unless `growth` bytes more and the reserve fit; None: only the little that upkeep takes."""
        needed = _HEADROOM if growth is None else self._reserve + growth
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise DiskFull(
                f"Only {free / 2**20:.1f} MiB are free at {str(self.path)!r}; writing needs {needed / 2**20:.1f}.",
                hint="Free some space, or move the folder to a larger disk.",
                free=free,
                needed=needed,
            )

    def check_room_to_copy(self, path: Path) -> None:
        """Raise `DiskFull` unless the files under `path` fit in once more."""
        sizes = (file.stat() for file in path.rglob("*") if file.is_file())
        # Files are sparse: their length says little. Where blocks are not counted it has to do.
        self.check_space(sum(getattr(stat, "st_blocks", -(-stat.st_size // 512)) * 512 for stat in sizes))

    # -- small files

    def _read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def _write(self, name: str, text: str) -> None:
        """Replace a file in one step that holds through a power cut."""
        beside = self.path / f"{name}.new"
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path / name)
        if os.name == "posix":  # elsewhere a folder cannot be opened
            entry = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(entry)
            finally:
                os.close(entry)


def warm(path: Path) -> None:
    """Read what the files under `path` hold, so that the system has it at hand; holes are passed over.

    Edge's cold storage starts with no page at hand, and would fetch each with a disk access of its own.
    """
    if not hasattr(os, "SEEK_DATA"):
        return
    for file in path.rglob("*"):
        if file.is_file():
            with file.open("rb", buffering=0) as data:
                for start, end in _filled(data):
                    data.seek(start)
                    while start < end:
                        start += len(data.read(min(2**20, end - start))) or end


def duplicate(source: Path, target: Path) -> Iterator[int]:
    """Copy the files under `source`, their data and not their holes, and see them to disk.

    Yields bytes copied, after each file and after each piece of a long one.
    """
    for path in sorted(source.rglob("*")):
        beside = target / path.relative_to(source)
        if path.is_dir():
            beside.mkdir()
            continue
        with path.open("rb", buffering=0) as data, beside.open("xb") as copy:
            copy.truncate(path.stat().st_size)
            for start, end in _filled(data):
                data.seek(start)
                copy.seek(start)
                while start < end and (piece := data.read(min(_PIECE, end - start))):
                    start += copy.write(piece)
                    yield len(piece)
            copy.flush()
            os.fsync(copy.fileno())
        yield 0


def _filled(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Where a file has data: from, to. All of it, where the system does not say."""
    descriptor, end = file.fileno(), 0
    if not hasattr(os, "SEEK_DATA"):
        yield 0, os.fstat(descriptor).st_size
        return
    while True:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole is left
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end
