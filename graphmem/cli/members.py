"""Who is in a project: members list, add, set, remove."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from graphmem.cli.command import Call, command
from graphmem.cli.either import either
from graphmem.client.local import LocalBackend
from graphmem.engine.keys import add_member, change_member, members, remove_member

__all__ = ["register"]

Rows = list[dict[str, Any]]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Whose keys open a project, beside those made for it.", no_args_is_help=True)
    command(group, show, name="list", example=["members list ID"])
    command(group, add, name="add", example=["members add ID laptop --role writer"])
    command(group, change, name="set", example=["members set ID laptop --role owner"])
    command(group, remove, name="remove", example=["members remove ID laptop"])
    app.add_typer(group, name="members")


ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of a key there is or will be.")]
RoleOption = Annotated[str, typer.Option(help="reader, writer or owner.")]


def show(call: Call, project: ProjectArgument) -> None:
    """List who opens a project, and who is invited into it, with their roles."""

    async def here(backend: LocalBackend) -> Rows:
        return await _listed(backend, project)

    _tell(call, either(call, here, lambda server: server.ask("GET", "projects", project, "members")))


def add(call: Call, project: ProjectArgument, name: NameArgument, *, role: RoleOption = "reader") -> None:
    """Let a key into a project; where there is none of that name, it is in once it is made."""

    async def here(backend: LocalBackend) -> Rows:
        await add_member(backend.engine.parts.store, project, name, role)
        return await _listed(backend, project)

    body = {"name": name, "role": role}
    _tell(call, either(call, here, lambda server: server.ask("POST", "projects", project, "members", body=body)))


def change(call: Call, project: ProjectArgument, name: NameArgument, *, role: RoleOption) -> None:
    """Give a member another role in the project."""

    async def here(backend: LocalBackend) -> Rows:
        await change_member(backend.engine.parts.store, project, name, role)
        return await _listed(backend, project)

    body = {"name": name, "role": role}
    _tell(call, either(call, here, lambda server: server.ask("PUT", "projects", project, "members", body=body)))


def remove(call: Call, project: ProjectArgument, name: NameArgument) -> None:
    """Let a member no longer into the project."""

    async def here(backend: LocalBackend) -> Rows:
        await remove_member(backend.engine.parts.store, project, name)
        return await _listed(backend, project)

    query = {"name": name}
    _tell(call, either(call, here, lambda server: server.ask("DELETE", "projects", project, "members", query=query)))


async def _listed(backend: LocalBackend, project: str) -> Rows:
    found = await members(backend.engine.parts.store, project)
    return [{"name": name, "role": role} for name, role in found]


def _tell(call: Call, rows: Rows) -> None:
    def show() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "role"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(escape(row["name"]), row["role"])
        call.console.print(table if rows else "No members: only keys for all projects open it.")

    call.answer(rows, show)
