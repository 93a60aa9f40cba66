"""`graphmem demo`: what this is, in one command."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from graphmem.cli.command import Call, command
from graphmem.cli.render import show_search
from graphmem.client import Memory
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.errors import InvalidInput
from graphmem.settings import Settings, load_settings, shown
from graphmem.views import SearchResult

__all__ = ["register"]

USER = "ana"


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, demo, name="demo", example=["demo"])


def demo(
    call: Call,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it there, to look at. (Only with a place.)")] = False,
) -> None:
    """Remember a small conversation and answer five questions, without a model or a network.

    In a temporary store; or in a place that is named (--path, --url, GRAPHMEM_STORE), as a project of its own, which is
    removed afterwards.
    """
    script = json.loads(files("graphmem.cli").joinpath("demo.json").read_text(encoding="utf-8"))
    answers: list[dict[str, Any]] = []
    with _place(call, keep) as memory:
        remembered = _remember(call, memory, script["conversation"])
        call.note(
            f"Remembered {remembered['memories']} memories, {remembered['entities']} entities and "
            f"{remembered['relations']} relations from {len(script['conversation'])} messages, with rules alone: "
            f"no model, no network.\n"
        )
        for question in script["questions"]:
            result = memory.search(question, user_id=USER, top_k=3, explain=True)
            answers.append({"question": question, **result})
            _show(call, question, result)
    call.answer(answers, lambda: call.note("\n".join(script["next"][keep:])))


@contextmanager
def _place(call: Call, keep: bool) -> Iterator[Memory]:
    """An empty memory: in a temporary folder, or a project of its own where somebody wants it."""
    settings = load_settings().model_copy(update={"extractor": "rules"})
    place = call.location or settings.store
    if place is None:
        if keep:
            raise InvalidInput("There is nowhere to keep it.", field="keep", hint="Name a place: --path FOLDER.")
        settings = Settings(extractor="rules", embedder="bundled")
        with (
            tempfile.TemporaryDirectory(prefix="graphmem-demo-") as folder,
            Memory(folder, settings=settings) as memory,
        ):
            yield memory
        return
    settings = settings.model_copy(update={"project": f"demo-{secrets.token_hex(4)}"})
    if not isinstance(locate(place, settings=settings), LocalBackend):
        raise InvalidInput(
            f"The demo cannot make a project of its own on the server at {shown(place)!r}.",
            field="url",
            hint="Stop the server first, or run it without a place: graphmem demo.",
        )
    with Memory(place, settings=settings) as memory:
        try:
            yield memory
        finally:
            if keep:
                call.note(f"Kept in the project {settings.project!r}: GRAPHMEM_PROJECT={settings.project}\n")
            else:
                memory.delete_all(user_id=USER)


def _remember(call: Call, memory: Memory, conversation: list[dict[str, Any]]) -> dict[str, int]:
    columns = (TextColumn("remembering"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=call.console, disable=not call.shows_progress) as progress:
        bar = progress.add_task("remember", total=len(conversation))
        for message in conversation:
            memory.add(message["content"], user_id=USER, timestamp=message["said"])
            progress.advance(bar)
    return memory.stats()


def _show(call: Call, question: str, result: SearchResult) -> None:
    if call.as_json:
        return
    took = sum(result["explain"]["milliseconds"].values())
    call.console.rule(f"[bold]{question}[/]  [dim]{took:.1f} ms[/]", align="left")
    shown: SearchResult = {"results": result["results"], "relations": result["relations"][:4]}
    show_search(call.console, shown)
    call.console.print()
