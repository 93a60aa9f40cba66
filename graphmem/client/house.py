"""Backing up, restoring and moving whole memories, of all projects: for operators, beside the memory's own doors."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO, cast

from graphmem.assemble import assemble_store
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.engine import Engine
from graphmem.engine.moving import Moved, backup, copy, restore
from graphmem.errors import CorruptStore, InvalidInput, StoreLocked
from graphmem.settings import Settings, shown

__all__ = ["back_up", "copy_house", "restore_house"]

Progress = Callable[[int], None]


async def back_up(place: str, file: Path, settings: Settings) -> None:
    """Write everything that a folder or a Neo4j holds into `file`, gzipped where it ends in `.gz`.

    One consistent state; others may write meanwhile. The file appears whole or not at all.
    """
    store = assemble_store(settings, place)
    beside = file.with_name(file.name + ".part")
    await store.open()
    try:
        with _writing(beside, compressed=file.suffix == ".gz") as out:
            async for line in backup(store):
                out.write(line + "\n")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
        await store.aclose()


async def restore_house(file: Path, place: str, settings: Settings, progress: Progress | None = None) -> Moved:
    """Fill the empty folder or Neo4j at `place` from a backup, compare, and build its index."""
    async with _filling(place, settings) as engine:
        moved = await restore(_lines(file), engine.parts.store, progress)
        await engine.upkeep.rebuild()
    return moved


async def copy_house(source: str, target: str, settings: Settings, progress: Progress | None = None) -> Moved:
    """Copy a whole memory from one place to another that is empty, compare the two, and build the new one's index."""
    store = assemble_store(settings, source)
    async with _filling(target, settings) as engine:
        await store.open()
        try:
            moved = await copy(store, engine.parts.store, shown(source), progress)
        finally:
            await store.aclose()
        await engine.upkeep.rebuild()
    return moved


@asynccontextmanager
async def _filling(place: str, settings: Settings) -> AsyncIterator[Engine]:
    backend = locate(place, settings=settings)
    if not isinstance(backend, LocalBackend):
        raise StoreLocked(
            f"A graphmem server holds {shown(place)!r}.", hint="Stop it first: a memory is filled while nobody uses it."
        )
    engine = backend.engine
    await engine.open()
    try:
        yield engine
    finally:
        await engine.aclose()


def _writing(file: Path, *, compressed: bool) -> TextIO:
    try:
        if compressed:
            return cast("TextIO", gzip.open(file, "wt", encoding="utf-8", newline="\n"))
        return file.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InvalidInput(f"{str(file)!r} cannot be written: {error.strerror}.", field="file") from None


def _lines(file: Path) -> Iterator[str]:
    """The lines, unpacked. Bytes that are no UTF-8 become halves of surrogate pairs, which no line may hold."""
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with io.TextIOWrapper(
                gzip.GzipFile(fileobj=raw) if packed else raw, encoding="utf-8", errors="surrogateescape", newline="\n"
            ) as lines:
                yield from lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorruptStore(f"The backup {str(file)!r} cannot be unpacked: {error}.", hint="Take another one.") from None
    except OSError as error:
        raise InvalidInput(f"{str(file)!r} cannot be read: {error.strerror}.", field="file") from None
