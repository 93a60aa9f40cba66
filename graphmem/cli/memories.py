"""Remembering and recalling: add, search, list, get, update, history."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from graphmem.cli.command import Call, command
from graphmem.cli.render import show_added, show_history, show_memories, show_memory, show_search
from graphmem.errors import InvalidInput

__all__ = ["register"]

MetadataOption = Annotated[str | None, typer.Option("--metadata", help="JSON object kept with it.", show_default=False)]
FilterOption = Annotated[str | None, typer.Option("--filters", help="JSON filter.", show_default=False)]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="What was true then (ISO 8601).", show_default=False)]
PastOption = Annotated[bool, typer.Option("--past", help="Show what is superseded, too.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(
        app,
        add,
        name="add",
        scoped=True,
        example=[
            'add "I moved from Porto to Lisbon in May." --user ana',
            'add "Ana leads Atlas" --user ana --relation "Ana|LEADS|Atlas"',
        ],
    )
    command(app, search, name="search", scoped=True, example=['search "where does Ana live?" --user ana --explain'])
    command(app, list_all, name="list", scoped=True, example=["list --user ana --limit 20"])
    command(app, get, name="get", example=["get ID"])
    command(app, update, name="update", example=['update ID "Ana lives in Lisbon, in Alfama."'])
    command(app, history, name="history", example=["history ID"])


def add(
    call: Call,
    text: Annotated[str, typer.Argument(help="What was said; `-` reads it from standard input.")],
    *,
    verbatim: Annotated[bool, typer.Option("--verbatim", help="Keep the text as it is, draw nothing from it.")] = False,
    relation: Annotated[
        list[str] | None,
        typer.Option(help="A triple `source|RELATION|target`; may be given again.", show_default=False),
    ] = None,
    timestamp: Annotated[str | None, typer.Option(help="When it was said (ISO 8601).", show_default=False)] = None,
    metadata: MetadataOption = None,
) -> None:
    """Remember what is in a text."""
    if text == "-":
        text = _standard_input()
    triples = [_triple(each) for each in relation or ()]
    with call.memory() as memory:
        result = memory.add(
            text,
            **call.ids,
            infer=not verbatim,
            relations=triples or None,
            timestamp=timestamp,
            metadata=_object(metadata, "metadata"),
        )
    call.answer(result, lambda: show_added(call.console, result))


def search(
    call: Call,
    query: Annotated[str, typer.Argument(help="The question.")],
    *,
    top_k: Annotated[int, typer.Option("--top-k", "--limit", help="How many memories.")] = 10,
    threshold: Annotated[float | None, typer.Option(help="Least score, 0 to 1.", show_default=False)] = None,
    filters: FilterOption = None,
    as_of: AsOfOption = None,
    known_at: Annotated[str | None, typer.Option(help="What was known then (ISO 8601).", show_default=False)] = None,
    past: PastOption = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show arms, seeds and times.")] = False,
) -> None:
    """Find what answers a question: memories, relations, and the path that led to each."""
    with call.memory() as memory:
        result = memory.search(
            query,
            **call.ids,
            top_k=top_k,
            threshold=threshold,
            filters=_object(filters, "filters"),
            as_of=as_of,
            known_at=known_at,
            include_superseded=past,
            explain=explain,
        )
    call.answer(result, lambda: show_search(call.console, result))


def list_all(
    call: Call,
    *,
    limit: Annotated[int, typer.Option(help="How many.")] = 100,
    cursor: Annotated[str | None, typer.Option(help="Where the last page ended.", show_default=False)] = None,
    filters: FilterOption = None,
    as_of: AsOfOption = None,
    past: PastOption = False,
) -> None:
    """List memories, newest first."""
    with call.memory() as memory:
        page = memory.get_all(
            **call.ids,
            limit=limit,
            cursor=cursor,
            filters=_object(filters, "filters"),
            as_of=as_of,
            include_superseded=past,
        )
    call.answer(page, lambda: show_memories(call.console, page))


def get(call: Call, memory_id: Annotated[str, typer.Argument(help="The memory's id.")]) -> None:
    """Show one memory with everything that is known of it."""
    with call.memory() as memory:
        found = memory.get(memory_id)
    call.answer(found, lambda: show_memory(call.console, found))


def update(
    call: Call,
    memory_id: Annotated[str, typer.Argument(help="The memory's id.")],
    text: Annotated[str | None, typer.Argument(help="The new words.")] = None,
    *,
    metadata: MetadataOption = None,
) -> None:
    """Change a memory under the same id; what only the old words stated is withdrawn."""
    with call.memory() as memory:
        found = memory.update(memory_id, text, _object(metadata, "metadata"))
    call.answer(found, lambda: show_memory(call.console, found))


def history(call: Call, memory_id: Annotated[str, typer.Argument(help="The memory's id.")]) -> None:
    """Show how a memory came to be what it is, over what it superseded."""
    with call.memory() as memory:
        entries = memory.history(memory_id)
    call.answer(entries, lambda: show_history(call.console, entries))


def _standard_input() -> str:
    try:
        return typer.get_binary_stream("stdin").read().decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"Standard input is not UTF-8: byte {error.start + 1} cannot be read.",
            hint="Convert it first: iconv -f latin1 -t utf-8 …",
            field="text",
        ) from None


def _triple(text: str) -> list[str]:
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 3:
        raise InvalidInput(f"{text!r} is not a triple.", hint="Write it as `source|RELATION|target`.", field="relation")
    return parts


def _object(text: str | None, field: str) -> Any:
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"--{field} is not JSON: {error}.", field=field) from None
    if not isinstance(found, dict):
        raise InvalidInput(f"--{field} must be a JSON object.", field=field)
    return found
