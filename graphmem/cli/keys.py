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
from graphmem.engine.keys import Key, create_key, list_keys, revoke_key
from graphmem.errors import NotSupported

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
    key, secret = _on_store(call, lambda store: create_key(store, name, role=role, projects=project or ["default"]))

    def tell() -> None:
        call.note(secret)
        call.note(f"Key {key.name!r}, {key.role} of {', '.join(key.projects)}. It is not shown again.")

    call.answer({**_view(key), "key": secret}, tell)


def show(call: Call) -> None:
    """List the keys, without their secrets."""
    keys = _on_store(call, list_keys)

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "role", "projects", "made"):
            table.add_column(heading)
        for key in keys:
            table.add_row(key.name, key.role, ", ".join(key.projects), key.created_at.date().isoformat())
        call.console.print(table if keys else "There are no keys: the server only listens to this machine.")

    call.answer([_view(key) for key in keys], tell)


def revoke(call: Call, name: Annotated[str, typer.Argument(help="The key's name or id.")]) -> None:
    """Take a key back."""
    key = _on_store(call, lambda store: revoke_key(store, name))
    call.answer(_view(key), lambda: call.note(f"Key {key.name!r} opens nothing any longer."))


def _on_store(call: Call, deed: Callable[[GraphStore], Awaitable[Answer]]) -> Answer:
    """Do something with the store's keys. They are made where the store is, never over the wire."""
    backend = locate(call.location)
    if not isinstance(backend, LocalBackend):
        raise NotSupported(
            "Keys are made on the folder itself, and a server holds it or was named.",
            hint="Stop the server, make the key, and start it again.",
        )

    async def run() -> Answer:
        await backend.open()
        try:
            return await deed(backend.engine.parts.store)
        finally:
            await backend.aclose()

    return anyio.run(run)


def _view(key: Key) -> dict[str, Any]:
    made = key.created_at.isoformat()
    return {"id": key.id, "name": key.name, "role": key.role, "projects": list(key.projects), "created_at": made}
