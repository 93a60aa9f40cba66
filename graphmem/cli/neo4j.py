"""For those who run a Neo4j: schema show, schema apply, browser."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio
import typer

from graphmem.abc import GraphStore, SupportsSchema
from graphmem.assemble import assemble_store
from graphmem.cli.command import Call, command, place_of
from graphmem.errors import NotSupported
from graphmem.settings import load_settings, read_neo4j

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    schema = typer.Typer(help="The constraints and indexes that a Neo4j is given.", no_args_is_help=True)
    command(schema, show, name="show", example=["schema show --url neo4j://neo4j:secret@localhost:7687"])
    command(schema, apply, name="apply", example=["schema apply --url neo4j://neo4j:secret@localhost:7687"])
    app.add_typer(schema, name="schema")
    command(app, browser, name="browser", example=["browser --url neo4j://neo4j:secret@localhost:7687"])


def show(call: Call) -> None:
    """Print the versions of server, APOC and schema, and the statements that would bring it up to date."""
    _answer(call, anyio.run(_look, _store(call)))


def apply(call: Call) -> None:
    """Bring the schema up to date, as every opening does; any number may do so at once."""
    _answer(call, anyio.run(_apply, _store(call)))


def browser(
    call: Call,
    *,
    http: Annotated[str | None, typer.Option(help="Where the database answers HTTP.", show_default=False)] = None,
) -> None:
    """Print the link that opens the memory in Neo4j Browser. `cypher/browser` has queries and a style for it."""
    address = read_neo4j(_neo4j(call))
    host = urlsplit(address.url).hostname or "localhost"
    root = (http or f"http://{host}:7474").rstrip("/")
    link = f"{root}/browser/?dbms={address.url}&db={address.database}"
    call.answer({"url": link}, lambda: call.note(link))


def _neo4j(call: Call) -> str:
    place = place_of(call)
    if "://" not in place:
        raise NotSupported(
            f"{place!r} is a folder: its store has no schema to look after, and no Browser.",
            hint="Name a Neo4j: --url neo4j://user:password@host:7687, or GRAPHMEM_STORE.",
        )
    return place


def _store(call: Call) -> GraphStore:
    return assemble_store(load_settings(), _neo4j(call))


async def _look(store: GraphStore) -> dict[str, Any]:
    assert isinstance(store, SupportsSchema)
    return asdict(await store.schema())


async def _apply(store: GraphStore) -> dict[str, Any]:
    await store.open()
    try:
        return await _look(store)
    finally:
        await store.aclose()


def _answer(call: Call, state: dict[str, Any]) -> None:
    def show() -> None:
        call.note(f"Neo4j {state['server']}, APOC {state['apoc']}")
        call.note(f"Schema version {state['version']} of {state['newest']}")
        for statement in state["pending"]:
            call.note(f"\n{statement};")

    call.answer(state, show)
