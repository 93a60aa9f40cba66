"""The door: runs a command, and turns what went wrong into a message and an exit code."""

from __future__ import annotations

import json
import os
import sys

import click
import typer
from rich.console import Console

from graphmem import errors
from graphmem.cli import forget, graph, keys, memories, moving, server, showing, upkeep
from graphmem.cli.command import wants_json

__all__ = ["EXIT_CODES", "app", "main"]

EXIT_CODES: dict[type[errors.GraphmemError], int] = {
    errors.InvalidInput: 2,
    errors.NotFound: 3,
    errors.Conflict: 4,
    errors.Unavailable: 5,
    errors.ModelError: 6,
    errors.ConfigurationError: 7,
    errors.Forbidden: 8,
    errors.NotSupported: 9,
    errors.CorruptStore: 10,
    errors.GraphmemError: 1,
}
"""What a script can tell by the exit code; the first class that fits, kinds before their parents."""

app = typer.Typer(
    name="graphmem",
    help="A graph-first memory for LLM applications. Every command explains itself: graphmem COMMAND --help.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for room in (memories, graph, forget, moving, upkeep, keys, server, showing):
    room.register(app)


def exit_code(error: errors.GraphmemError) -> int:
    """The exit code of an error."""
    return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))


def main() -> None:
    """Run the command line; never returns."""
    try:
        code = app(standalone_mode=False)
    except errors.GraphmemError as error:
        _complain(error)
        sys.exit(exit_code(error))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        Console(stderr=True).print("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; say nothing more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)


def _complain(error: errors.GraphmemError) -> None:
    if wants_json(sys.argv):
        typer.echo(json.dumps({"error": error.code, "message": error.message, "hint": error.hint}), err=True)
        return
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]Error:[/] {_plain(error.message)}")
    if error.hint:
        console.print(f"[dim]{_plain(error.hint)}[/]")


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
