"""Moving memories in and out: import, export."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from graphmem.cli.command import Call, command, counted, print_line
from graphmem.client.backend import ImportReport
from graphmem.errors import InvalidInput

__all__ = ["register"]

SHOWN = 20
"""Refused lines that are shown one by one."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, import_file, name="import", scoped=True, example=["import chats.jsonl --user ana", "import all.jsonl"])
    command(app, export, name="export", example=["export > all.jsonl"])


def import_file(
    call: Call,
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines: an export, or one object of `add`'s arguments a line. `-`: standard input."),
    ],
    *,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Keep texts as they are, draw nothing from them.")
    ] = False,
) -> None:
    """Import JSON lines in bulk.

    A line is an export's line, or an object such as
    `{"messages": "I moved to Lisbon", "user_id": "ana", "timestamp": "2026-05-02T10:00:00Z"}`; `--user` and the like
    stand in where it names nobody. What cannot be taken is reported with its line, loses only itself, and makes the
    command end with 2. An import that was interrupted goes on where it stopped when it is started again.
    """
    defaults: dict[str, Any] = {**call.ids, **({"infer": False} if verbatim else {})}
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TextColumn("lines"), TimeRemainingColumn())
    with _readable(file) as path:
        name, count = _digest(path)
        with (
            call.memory() as memory,
            # Bytes that are no UTF-8 become halves of surrogate pairs, for which their line is refused.
            path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines,
            Progress(*columns, console=call.console, transient=True, disable=not call.shows_progress) as progress,
        ):
            bar = progress.add_task("import", total=count)

            def advance(report: ImportReport) -> None:
                progress.update(bar, completed=report.lines)

            report = memory.import_lines(lines, name=name, defaults=defaults, progress=advance)
    call.answer(report, lambda: _show(call, report))
    if report["refused"]:
        raise typer.Exit(2)


def export(call: Call) -> None:
    """Write everything as JSON lines; `graphmem import` reads them back: same ids, dates, history."""
    with call.memory() as memory:
        for line in memory.export():
            print_line(line)


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """The file, or a copy of what can be read but once: it is read twice, first for its digest."""
    if file.is_file():
        yield file
        return
    try:
        source = typer.get_binary_stream("stdin") if str(file) == "-" else file.open("rb")
    except OSError as error:
        raise InvalidInput(f"{str(file)!r} cannot be read: {error.strerror}.", field="file") from None
    with tempfile.TemporaryDirectory(prefix="graphmem-import-") as folder:
        copy = Path(folder, "lines.jsonl")
        with source, copy.open("wb") as spool:
            shutil.copyfileobj(source, spool)
        yield copy


def _digest(file: Path) -> tuple[str, int]:
    """The file's digest, by which an interrupted import knows it again, and its number of lines."""
    digest = hashlib.blake2b(digest_size=16)
    lines = 0
    try:
        with file.open("rb") as content:
            for line in content:
                digest.update(line)
                lines += 1
    except OSError as error:
        raise InvalidInput(f"{str(file)!r} cannot be read: {error.strerror}.", field="file") from None
    return digest.hexdigest(), lines


def _show(call: Call, report: dict[str, Any]) -> None:
    resumed = f" ({counted(report['skipped'], 'lines')} had been taken before)" if report["skipped"] else ""
    call.note(f"{counted(report['memories'], 'memories')} from {counted(report['lines'], 'lines')}{resumed}.")
    for refusal in report["refused"][:SHOWN]:
        call.note(f"  line {refusal['line']} refused: {refusal['reason']}")
    if len(report["refused"]) > SHOWN:
        call.note(f"  … and {counted(len(report['refused']) - SHOWN, 'more lines')} refused.")
