"""The door: runs a command, and turns what went wrong into a message and an exit code."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from graphmem import errors
from graphmem._version import __version__
from graphmem.cli import (
    forget,
    graph,
    house,
    keys,
    members,
    memories,
    moving,
    neo4j,
    projects,
    server,
    showing,
    telling,
    upkeep,
    webhooks,
)
from graphmem.cli.command import READER_GONE, print_json, wants_json

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

STOPPED = 130
"""Exit code of what the user interrupted."""

# What a wrong command line raises. Older typer takes it from click, newer from its own copy of click.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="graphmem",
    help="A graph-first memory for LLM applications. Every command explains itself: graphmem COMMAND --help.",
    epilog="See it work: `$ graphmem demo`",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_ROOMS = (
    memories,
    graph,
    telling,
    forget,
    moving,
    house,
    upkeep,
    neo4j,
    projects,
    members,
    keys,
    webhooks,
    server,
    showing,
)
for room in _ROOMS:
    room.register(app)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"graphmem {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Options of `graphmem` itself."""


def exit_code(error: errors.GraphmemError) -> int:
    """The exit code of an error."""
    return next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))


def main() -> None:
    """Run the command line; never returns."""
    sys.exit(_run())


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has no arrows gets them spelt out, not an exception.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        if code == STOPPED:  # newer typer's word for a KeyboardInterrupt
            raise KeyboardInterrupt
    except errors.GraphmemError as error:
        return _complain(error)
    except UsageError as error:
        return _misused(error)
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("Stopped.\n")
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone; say nothing more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return code if isinstance(code, int) else 0


def _misused(error: Exception) -> int:
    # Where a group was named without a command, its help has been printed, and there is nothing to add.
    message = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "graphmem"
    if not message.strip():
        return EXIT_CODES[errors.InvalidInput]
    return _complain(errors.InvalidInput(message, hint=f"`{path} --help` explains it."))


def _complain(error: errors.GraphmemError) -> int:
    if wants_json(sys.argv):
        print_json({"error": error.code, "message": error.message, "hint": error.hint}, error=True)
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"[bold red]Error:[/] {escape(error.message)}")
        if error.hint:
            console.print(f"[dim]{escape(error.hint)}[/]")
    return exit_code(error)
