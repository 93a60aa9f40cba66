"""Whole memories, of all projects: backup, restore, copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from graphmem.cli.command import Call, command, counted, place_of
from graphmem.client.house import Progress as Advance
from graphmem.client.house import back_up, copy_house, restore_house
from graphmem.engine.moving import Moved
from graphmem.settings import load_settings

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, backup, name="backup", example=["backup monday.jsonl.gz", "backup all.jsonl.gz --url neo4j://…"])
    command(app, restore, name="restore", example=["restore monday.jsonl.gz --path ./new"])
    command(app, copy, name="copy", example=["copy --from ./mem --to neo4j://neo4j:secret@localhost:7687"])


def backup(call: Call, file: Annotated[Path, typer.Argument(help="Where to; gzipped if it ends in .gz.")]) -> None:
    """Write everything, of all projects, into one file: memories, graph, history, settings, keys' hashes.

    It is one consistent state, taken while others go on writing.
    """
    settings = load_settings()
    anyio.run(back_up, place_of(call), file, settings)
    size = file.stat().st_size
    call.answer({"file": str(file), "bytes": size}, lambda: call.note(f"{file}: {size:,} bytes."))


def restore(call: Call, file: Annotated[Path, typer.Argument(help="What `graphmem backup` wrote.")]) -> None:
    """Fill an empty memory from a backup, compare the two, and build the index.

    Interrupted, it goes on when it is started again.
    """
    settings = load_settings()
    with _progress(call) as advance:
        moved = anyio.run(restore_house, file, place_of(call), settings, advance)
    _show(call, moved)


def copy(
    call: Call,
    *,
    source: Annotated[str, typer.Option("--from", help="A folder, or neo4j://…")],
    target: Annotated[str, typer.Option("--to", help="A folder, or neo4j://…; it has to be empty.")],
) -> None:
    """Copy a whole memory to another place, compare the two, and build the index there.

    Ids, dates and history are kept. Interrupted, it goes on when it is started again.
    """
    with _progress(call) as advance:
        moved = anyio.run(copy_house, source, target, load_settings(), advance)
    _show(call, moved)


@contextmanager
def _progress(call: Call) -> Iterator[Advance]:
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} memories"), TimeElapsedColumn())
    with Progress(*columns, console=call.console, transient=True, disable=not call.shows_progress) as progress:
        bar = progress.add_task("copy", total=None)
        yield lambda done: progress.update(bar, completed=done)


def _show(call: Call, moved: Moved) -> None:
    result: dict[str, Any] = {"counts": dict(moved.counts), "checksum": moved.checksum, "agree": True}

    def show() -> None:
        kinds = ", ".join(counted(moved.counts.get(kind, 0), name) for kind, name in _KINDS.items())
        call.note(f"{kinds}. Both sides agree (checksum {moved.checksum[:16]}…).")

    call.answer(result, show)


_KINDS = {
    "memory": "memories",
    "entity": "entities",
    "relation": "relations",
    "episode": "episodes",
    "revision": "revisions",
    "setting": "settings",
}
