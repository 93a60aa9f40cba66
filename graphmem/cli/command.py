"""What all commands share: where the memory is, whose it is, and how the answer is printed."""

from __future__ import annotations

import inspect
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from graphmem.client import Memory
from graphmem.errors import InvalidInput
from graphmem.settings import load_settings

__all__ = ["READER_GONE", "Call", "command", "counted", "place_of", "print_json", "print_line", "wants_json"]

READER_GONE = 141
"""Exit code where whoever read the output went away: what the shell says of a program that SIGPIPE ended."""

PLACE = {
    "path": Annotated[
        Path | None,
        typer.Option("--path", help="Folder of the memory; else GRAPHMEM_STORE, GRAPHMEM_HOME.", show_default=False),
    ],
    "url": Annotated[
        str | None, typer.Option("--url", help="Address of a graphmem server, or neo4j://…", show_default=False)
    ],
    "as_json": Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")],
}
SCOPE = {
    name: Annotated[str | None, typer.Option(f"--{name}", f"--{name}-id", help=f"The {name}'s id.", show_default=False)]
    for name in ("user", "agent", "app", "run")
}


class Screen(Console):
    """A console that leaves a reader who went away to the door."""

    def on_broken_pipe(self) -> None:
        """Called while the error is handled: let it through."""
        raise


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command: the options that all have, and what they lead to."""

    path: Path | None = None
    url: str | None = None
    as_json: bool = False
    ids: dict[str, Any] = field(default_factory=dict)
    console: Console = field(default_factory=lambda: Screen(highlight=False))

    @property
    def location(self) -> str | None:
        """The place that was named, if one was."""
        if self.path is not None and self.url is not None:
            raise InvalidInput("--path and --url are two places.", hint="Name one.", field="path")
        return str(self.path) if self.path is not None else self.url

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches who would like a bar."""
        return self.console.is_terminal and not self.as_json

    @contextmanager
    def memory(self) -> Iterator[Memory]:
        """The memory there, open inside the block."""
        with Memory(self.location, settings=load_settings()) as memory:
            yield memory

    def answer(self, value: Any, show: Callable[[], None]) -> None:
        """Print `value` as JSON, or let `show` print it for people."""
        if self.as_json:
            print_json(value)
        else:
            show()

    def note(self, text: str) -> None:
        """Say something to people; programs do not see it."""
        if not self.as_json:
            self.console.print(text, markup=False, soft_wrap=True)


def place_of(call: Call) -> str:
    """The place that was named, else the settings'."""
    settings = load_settings()
    return str(call.location or settings.store or settings.home)


def command(
    app: typer.Typer, run: Callable[..., None], *, name: str, example: Sequence[str] = (), scoped: bool = False
) -> None:
    """Make a function a command. Its first parameter is the `Call`; the shared options are added to its own."""
    own = list(inspect.signature(run, eval_str=True).parameters.values())[1:]
    shared = {**(SCOPE if scoped else {}), **PLACE}
    options = [
        inspect.Parameter(
            option, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False if option == "as_json" else None
        )
        for option, kind in shared.items()
    ]

    def called(**given: Any) -> None:
        place = {option: given.pop(option) for option in PLACE}
        ids = {f"{each}_id": given.pop(each) for each in SCOPE} if scoped else {}
        try:
            run(Call(**place, ids={each: value for each, value in ids.items() if value is not None}), **given)
        except BrokenPipeError:
            # Typer would end with 1, an error's code. What is still to be written goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(READER_GONE) from None

    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    called.__signature__ = inspect.Signature([*keyword_only, *options])  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in (*keyword_only, *options)}
    called.__doc__ = inspect.getdoc(run)
    shown = "".join(f"\n\n`$ graphmem {line}`" for line in example)
    app.command(name, help=f"{called.__doc__}{shown}")(called)


def print_json(value: Any, *, error: bool = False) -> None:
    """Print a JSON value, uncoloured and unwrapped, to standard output or error."""
    print_line(json.dumps(value, ensure_ascii=False, indent=None if error else 2), error=error)


def print_line(text: str, *, error: bool = False) -> None:
    """Print a line for programs: in UTF-8, as JSON is, whatever the locale says."""
    stream = sys.stderr if error else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
    stream.write(f"{text}\n")


def counted(count: int, what: str) -> str:
    """``1 memory``, ``2 memories``: `what` is the plural."""
    return f"{count:,} {_SINGULAR.get(what, what.removesuffix('s')) if count == 1 else what}"


_SINGULAR = {"memories": "memory", "entities": "entity"}


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON."""
    return "--json" in arguments
