"""API keys: keys create, keys list, keys revoke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import anyio
import typer
from rich.table import Table

from graphmem.abc import GraphStore
from graphmem.cli.command import Call, command
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.client.remote import RemoteBackend
from graphmem.engine.keys import Key, create_key, list_keys, revoke_key

__all__ = ["register"]

Answer = TypeVar("Answer")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    keys = typer.Typer(help="Who may come in by HTTP.", no_args_is_help=True)
    command(keys, create, name="create", example=["keys create laptop --role writer"])
    command(keys, show, name="list", example=["keys list"])
    command(keys, revoke, name="revoke", example=["keys revoke laptop"])
    app.add_typer(keys, name="keys")


def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="What histories and logs call its bearer.")],
    *,
    role: Annotated[str, typer.Option(help="reader, writer or owner.")] = "writer",
    project: Annotated[
        list[str] | None, typer.Option(help="A project it opens; the first is its default.", show_default=False)
    ] = None,
) -> None:
    """Make an API key. It is shown this once; only its hash is stored."""
    projects = project or ["default"]

    async def on_store(store: GraphStore) -> dict[str, Any]:
        key, secret = await create_key(store, name, role=role, projects=projects)
        return {**_view(key), "key": secret}

    made = _done(call, on_store, lambda server: server.create_key(name, role=role, projects=projects))

    def tell() -> None:
        call.note(made["key"])
        call.note(f"Key {made['name']!r}, {made['role']} of {', '.join(made['projects'])}. It is not shown again.")

    call.answer(made, tell)


def show(call: Call) -> None:
    """List the keys, without their secrets."""

    async def on_store(store: GraphStore) -> list[dict[str, Any]]:
        return [_view(key) for key in await list_keys(store)]

    keys = _done(call, on_store, lambda server: server.keys())

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "role", "projects", "made"):
            table.add_column(heading)
        for key in keys:
            table.add_row(key["name"], key["role"], ", ".join(key["projects"]), key["created_at"][:10])
        call.console.print(table if keys else "There are no keys: the server only listens to this machine.")

    call.answer(keys, tell)


def revoke(call: Call, name: Annotated[str, typer.Argument(help="The key's name or id.")]) -> None:
    """Take a key back."""

    async def on_store(store: GraphStore) -> dict[str, Any]:
        return _view(await revoke_key(store, name))

    key = _done(call, on_store, lambda server: server.revoke_key(name))
    call.answer(key, lambda: call.note(f"Key {key['name']!r} opens nothing any longer."))


def _done(
    call: Call,
    on_store: Callable[[GraphStore], Awaitable[Answer]],
    on_server: Callable[[RemoteBackend], Awaitable[Answer]],
) -> Answer:
    """Do something with the keys: in the store itself, or by the server that holds it or was named."""
    backend = locate(call.location)

    async def run() -> Answer:
        await backend.open()
        try:
            if isinstance(backend, LocalBackend):
                return await on_store(backend.engine.parts.store)
            assert isinstance(backend, RemoteBackend)  # there are only these two
            return await on_server(backend)
        finally:
            await backend.aclose()

    return anyio.run(run)


def _view(key: Key) -> dict[str, Any]:
    made = key.created_at.isoformat()
    return {"id": key.id, "name": key.name, "role": key.role, "projects": list(key.projects), "created_at": made}
