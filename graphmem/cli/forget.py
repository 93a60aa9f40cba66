"""Forgetting: delete, delete-all, reset, purge."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from graphmem.cli.command import Call, command, counted
from graphmem.errors import InvalidInput
from graphmem.views import DeleteResult

__all__ = ["YesOption", "confirm", "register", "show_receipt"]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
"""For what asks first."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, delete, name="delete", example=["delete ID"])
    command(app, delete_all, name="delete-all", scoped=True, example=["delete-all --user ana --yes"])
    command(app, reset, name="reset", example=["reset --yes"])
    command(app, purge, name="purge", example=["purge"])


def delete(call: Call, memory_id: Annotated[str, typer.Argument(help="The memory's id.")]) -> None:
    """Delete a memory and all that only it stated."""
    with call.memory() as memory:
        show_receipt(call, memory.delete(memory_id))


def delete_all(call: Call, *, yes: YesOption = False) -> None:
    """Delete all memories of a user, agent, app or run."""
    if not call.ids:
        raise InvalidInput("Whose memories?", hint="Pass --user, --agent, --app or --run.", field="user_id")
    whose = ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in call.ids.items())
    confirm(call, f"Delete all memories of {whose}?", yes)
    with call.memory() as memory:
        show_receipt(call, memory.delete_all(**call.ids))


def reset(call: Call, *, yes: YesOption = False) -> None:
    """Delete everything."""
    confirm(call, "Delete everything that is remembered?", yes)
    with call.memory() as memory:
        show_receipt(call, memory.reset())


def purge(call: Call) -> None:
    """Erase from every file what was deleted."""
    with call.memory() as memory:
        show_receipt(call, memory.purge())


def confirm(call: Call, question: str, yes: bool) -> None:
    """Ask whether to go on; raises where nobody can be asked, and ends the command where the answer is no."""
    if yes:
        return
    if call.as_json:
        raise InvalidInput("With --json nobody can be asked.", hint="Pass --yes.", field="yes")
    try:
        sure = typer.confirm(question)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        typer.echo()
        raise InvalidInput("There is nobody to ask.", hint="Pass --yes.", field="yes") from None
    if not sure:
        call.note("Nothing was deleted.")
        raise typer.Exit(1)


def show_receipt(call: Call, result: DeleteResult) -> None:
    """Print what a deletion did."""

    def show() -> None:
        receipt = result["receipt"]
        counts = ", ".join(counted(count, what) for what, count in receipt["counts"].items() if count)
        call.console.print(result["message"])
        call.console.print(f"[dim]{receipt['state']}: {counts or 'nothing'}[/]")

    call.answer(result, show)
