"""What an index leaves in its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def copies(folder: Path) -> list[str]:
    """The names of the copies that are there."""
    return sorted(path.name for path in folder.glob("copy-*"))


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each stretch of data; the holes of sparse files are passed over."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                yield from ((path.name, part) for part in _stretches(file.fileno()))


def files_with(folder: Path, content: bytes) -> list[str]:
    """In which files the bytes are."""
    return [name for name, part in contents(folder) if content in part]


def _stretches(descriptor: int) -> Iterator[bytes]:
    end, size = 0, os.fstat(descriptor).st_size
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError:  # nothing but a hole is left
            return
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield os.pread(descriptor, end - start, start)
