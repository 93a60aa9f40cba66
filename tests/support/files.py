"""Files as they lie on the disk: what bytes they hold, and copies of them. Holes are passed over."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "copy_folder",
    "holders",
    "quick_folder",
    "restore_folder",
    "spellings",
    "spellings_of_id",
    "spellings_of_vector",
]


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A temporary folder in memory, where there is one.

    What a killed process wrote is in the system's hands, in memory or not; only waiting for the disk falls away.
    """
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 2**30
    with tempfile.TemporaryDirectory(prefix="graphmem-", dir=shared if roomy else None) as place:
        yield Path(place)


def holders(folder: Path, needles: Iterable[bytes]) -> list[str]:
    """Which files under `folder` hold which of `needles`, as `needle in file` lines."""
    wanted = list(needles)
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = b"".join(_data(file))
            found += [f"{needle!r} in {file.relative_to(folder)}" for needle in wanted if needle in content]
    return found


def spellings(text: str) -> set[bytes]:
    """A text as files may spell it: UTF-8, UTF-16, and escaped as JSON does."""
    return {
        text.encode(),
        text.encode("utf-16-le"),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    }


def spellings_of_id(id_: str) -> set[bytes]:
    """An id as text, with and without dashes, and as 16 bytes in either order."""
    uuid = UUID(id_)
    return {id_.encode(), uuid.hex.encode(), uuid.bytes, uuid.bytes_le, uuid.bytes[::-1]}


def spellings_of_vector(vector: NDArray[np.float32]) -> set[bytes]:
    """Enough of a vector to know it by: its first four numbers, in single and half precision."""
    beginning = np.asarray(vector[:4], dtype="<f4")
    return {beginning.tobytes(), beginning.astype("<f2").tobytes()}


def copy_folder(source: Path, target: Path, *, leave_out: Iterable[str] = ()) -> None:
    """Copy the files as they are at this moment; whoever writes them meanwhile tears the copy.

    `target` must not exist. `leave_out` names files and folders at the top that are not taken.
    """
    skipped = set(leave_out)
    for folder, _, files in os.walk(source):  # which takes no offence at what vanishes
        place = Path(folder).relative_to(source)
        if skipped.intersection(place.parts[:1]):
            continue
        (target / place).mkdir(parents=True)
        for name in files:
            if place.parts or name not in skipped:
                with suppress(FileNotFoundError):
                    _copy_file(Path(folder) / name, target / place / name)


def mix_folder(copy: Path, place: Path, chance: random.Random, *, keep: Iterable[str] = ()) -> None:
    """Take some of the files that are both in a copy and in the place back to what the copy holds."""
    kept = set(keep)
    for path in sorted(copy.rglob("*")):
        there = place / path.relative_to(copy)
        if path.is_file() and there.is_file() and path.name not in kept and chance.random() < 0.5:
            _copy_file(path, there)


def restore_folder(copy: Path, place: Path, *, keep: Iterable[str] = ()) -> None:
    """Put a copy in the place of what is there, but for the files at the top that `keep` names."""
    kept = set(keep)
    for path in list(place.iterdir()):
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in copy.iterdir():
        if path.name in kept:
            continue
        if path.is_dir():
            copy_folder(path, place / path.name)
        else:
            _copy_file(path, place / path.name)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        for start, content in _stretches(old.fileno()):
            new.seek(start)
            new.write(content)
        new.truncate(os.fstat(old.fileno()).st_size)


def _data(file: Path) -> Iterator[bytes]:
    """The file's stretches of data, each followed by a zero, which stands for the hole."""
    with file.open("rb") as opened:
        for _, content in _stretches(opened.fileno()):
            yield content
            yield b"\0"


def _stretches(descriptor: int) -> Iterator[tuple[int, bytes]]:
    end = 0
    while True:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        content = os.pread(descriptor, end - start, start)
        yield start, content
        end = start + len(content) if content else end
