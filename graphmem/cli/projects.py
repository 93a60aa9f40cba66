"""Projects: projects list, create, set, delete."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from graphmem.cli.command import Call, command
from graphmem.cli.either import either
from graphmem.cli.forget import YesOption, confirm, show_receipt
from graphmem.client.local import LocalBackend
from graphmem.errors import InvalidInput
from graphmem.views import DeleteResult

__all__ = ["register"]

PLAIN = frozenset({"id", "name", "created_at", "role"})
"""What is told of every project; of the rest, what differs from the default."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    projects = typer.Typer(help="The tenants of a memory, and what is set for each.", no_args_is_help=True)
    command(projects, show, name="list", example=["projects list"])
    command(projects, create, name="create", example=['projects create "Support desk"'])
    command(projects, change, name="set", example=['projects set default decay=true "excludes=health"'])
    command(projects, delete, name="delete", example=["projects delete ID --yes"])
    app.add_typer(projects, name="projects")


ProjectArgument = Annotated[str, typer.Argument(metavar="ID", help="The project's id, or the name keys open it by.")]


def show(call: Call) -> None:
    """List the projects that were made, or had something set, and what it is."""

    async def here(backend: LocalBackend) -> list[dict[str, Any]]:
        return [record.shown() for record in await backend.engine.projects.listed()]

    projects = either(call, here, lambda server: server.ask("GET", "projects"))

    def tell() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("id", "name", "set"):
            table.add_column(heading, overflow="fold")
        for project in projects:
            table.add_row(project["id"], escape(project["name"]), escape(_told(project)))
        call.console.print(table if projects else "Nothing is set for any project.")

    call.answer(projects, tell)


def create(
    call: Call,
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    description: Annotated[str | None, typer.Option(help="What it is for.", show_default=False)] = None,
) -> None:
    """Make a project; its id is what keys open it by."""

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return (await backend.engine.projects.create(name, description)).shown()

    body = {"name": name, "description": description}
    made = either(call, here, lambda server: server.ask("POST", "projects", body=body))

    def tell() -> None:
        call.note(made["id"])
        call.note(f"A key for it: graphmem keys create NAME --project {made['id']}")

    call.answer(made, tell)


def change(
    call: Call,
    project: ProjectArgument,
    settings: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="What to set; VALUE may be JSON.")],
) -> None:
    """Set something for a project; an empty value clears it.

    Names are name, description, custom_instructions, agent_custom_instructions, includes, excludes, custom_categories,
    multilingual, decay, enable_graph, predicates.
    """
    changes = dict(_setting(each) for each in settings)

    async def here(backend: LocalBackend) -> dict[str, Any]:
        return (await backend.engine.projects.change(project, **changes)).shown()

    changed = either(call, here, lambda server: server.ask("PATCH", "projects", project, body=changes))
    call.answer(changed, lambda: call.note(f"{changed['name']}: {_told(changed) or 'nothing is set'}"))


def delete(call: Call, project: ProjectArgument, *, yes: YesOption = False) -> None:
    """Delete a project: its memories, what is set for it, and who was let in. It asks first."""
    confirm(call, f"Delete the project {project!r} and everything that is remembered in it?", yes)

    async def here(backend: LocalBackend) -> DeleteResult:
        if project == backend.project:
            raise InvalidInput(
                f"The project {project!r} is the one that is worked in, and stays.",
                hint="`graphmem reset` deletes its memories.",
                field="project",
            )
        receipt = await backend.for_project(project).reset()
        await backend.engine.projects.remove(project)
        return receipt

    show_receipt(call, either(call, here, lambda server: server.ask("DELETE", "projects", project)))


def _setting(text: str) -> tuple[str, Any]:
    """`decay=true` taken apart. What is JSON is that; what is not, or is a number, is words."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"{text!r} sets nothing.", hint="Write NAME=VALUE.", field="settings")
    try:
        read = json.loads(value) if value else None
    except ValueError:
        read = value
    return name, value if isinstance(read, int | float) and not isinstance(read, bool) else read


def _told(project: dict[str, Any]) -> str:
    """What is set, as `name=value`."""
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in project.items()
        if name not in PLAIN and value is not None and value is not (name == "enable_graph")
    )
