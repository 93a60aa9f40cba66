"""Upkeep: stats, index, doctor."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from graphmem.cli.command import Call, command
from graphmem.cli.doctor import doctor
from graphmem.client import Memory
from graphmem.client.backend import IndexAction

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, stats, name="stats", example=["stats"])
    command(app, doctor, name="doctor", example=["doctor"])
    index = typer.Typer(help="Care for the vector index, which is a copy of the store.", no_args_is_help=True)
    command(index, drain, name="drain", example=["index drain"])
    command(index, verify, name="verify", example=["index verify"])
    command(index, repair, name="repair", example=["index repair"])
    command(index, rebuild, name="rebuild", example=["index rebuild"])
    app.add_typer(index, name="index")


def stats(call: Call) -> None:
    """Count what is there."""
    with call.memory() as memory:
        _counts(call, memory.stats())


def drain(call: Call) -> None:
    """Copy what the index still owes."""
    _index(call, "drain")


def verify(call: Call) -> None:
    """Compare the index with the store, and change nothing. Exits with 1 if they differ."""
    found = _index(call, "verify")
    if not found["clean"]:
        raise typer.Exit(1)


def repair(call: Call) -> None:
    """Compare the index with the store, and copy what differs."""
    _index(call, "repair")


def rebuild(call: Call) -> None:
    """Build the index anew from the store: after a change of embedder, for instance."""
    _index(call, "rebuild")


def _index(call: Call, action: IndexAction) -> dict[str, Any]:
    # Not opened first: an index of another embedder cannot be opened, and `rebuild` is for just that.
    memory = Memory(call.location)
    try:
        found = memory.index(action)
    finally:
        memory.close()
    _counts(call, found)
    return found


def _counts(call: Call, counts: dict[str, Any]) -> None:
    def show() -> None:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, count in counts.items():
            table.add_row(name, f"{count:,}" if isinstance(count, int) and not isinstance(count, bool) else str(count))
        call.console.print(table)

    call.answer(counts, show)
