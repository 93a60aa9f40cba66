"""API keys: keys create, keys list, keys revoke."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from graphmem.cli.command import Call, command
from graphmem.cli.either import either
from graphmem.client.local import LocalBackend
from graphmem.engine.keys import create_key, list_keys, revoke_key

__all__ = ["register"]


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
    rate: Annotated[
        int | None, typer.Option(help="Requests a minute that it may make; else any number.", show_default=False)
    ] = None,
) -> None:
    """Make an API key. It is shown this once; only its hash is stored."""
    wanted: dict[str, Any] = {"role": role, "projects": project or ["default"], "rate": rate}

    async def here(backend: LocalBackend) -> dict[str, Any]:
        key, secret = await create_key(backend.engine.parts.store, name, **wanted)
        return {**key.shown(), "key": secret}

    made = either(call, here, lambda server: server.ask("POST", "api-keys", body={"name": name, **wanted}))

    def tell() -> None:
        call.note(made["key"])
        opened = [*made["projects"], *made["grants"]]
        call.note(f"Key {made['name']!r}, {made['role']} of {', '.join(opened)}. It is not shown again.")

    call.answer(made, tell)


def show(call: Call) -> None:
    """List the keys, without their secrets."""

    async def here(backend: LocalBackend) -> list[dict[str, Any]]:
        return [key.shown() for key in await list_keys(backend.engine.parts.store)]

    keys = either(call, here, lambda server: server.ask("GET", "api-keys"))

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "role", "projects", "a minute", "made"):
            table.add_column(heading)
        for key in keys:
            granted = [f"{project} ({role})" for project, role in key["grants"].items()]
            rate = "" if key["rate"] is None else str(key["rate"])
            table.add_row(
                key["name"], key["role"], ", ".join([*key["projects"], *granted]), rate, key["created_at"][:10]
            )
        call.console.print(table if keys else "There are no keys: the server only listens to this machine.")

    call.answer(keys, tell)


def revoke(call: Call, name: Annotated[str, typer.Argument(help="The key's name or id.")]) -> None:
    """Take a key back."""

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return (await revoke_key(backend.engine.parts.store, name)).shown()

    key = either(call, here, lambda server: server.ask("DELETE", "api-keys", name))
    call.answer(key, lambda: call.note(f"Key {key['name']!r} opens nothing any longer."))
