"""`graphmem demo`: what this is, in one command."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from graphmem.cli.command import Call, command
from graphmem.cli.render import show_search
from graphmem.client import Memory
from graphmem.settings import Settings
from graphmem.views import SearchResult

__all__ = ["register"]

USER = "ana"


def register(app: typer.Typer) -> None:
    """Add this command."""
    command(app, demo, name="demo", example=["demo"])


def demo(call: Call) -> None:
    """Remember a small conversation and answer five questions, in a temporary store, without a model or a network."""
    script = json.loads(files("graphmem.cli").joinpath("demo.json").read_text(encoding="utf-8"))
    settings = Settings(extractor="rules", embedder="bundled", store=None)
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="graphmem-demo-") as folder, Memory(folder, settings=settings) as memory:
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
    call.answer(answers, lambda: call.note("\n".join(script["next"])))


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
