"""Looking at the graph: graph, paths, entities, timeline."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from graphmem.cli.command import Call, command
from graphmem.errors import NotFound
from graphmem.graph import Edge, Neighbourhood
from graphmem.queries import AROUND
from graphmem.views import entity_view, path_view, relation_view

__all__ = ["register"]

NameArgument = Annotated[str, typer.Argument(help="An entity's name, alias or id.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    command(app, graph, name="graph", scoped=True, example=['graph "Ana" --user ana --depth 2'])
    command(app, paths, name="paths", scoped=True, example=['paths "Ana" "Critical Software" --user ana'])
    command(app, entities, name="entities", scoped=True, example=["entities --user ana --type Person"])
    command(app, timeline, name="timeline", scoped=True, example=['timeline "Ana" --user ana'])


def graph(
    call: Call,
    name: NameArgument,
    *,
    depth: Annotated[int, typer.Option(help="How many relations to go out.")] = 1,
    limit: Annotated[int, typer.Option(help="The most relations in all.")] = AROUND,
) -> None:
    """Show the neighbourhood of an entity as a tree."""
    with call.memory() as memory:
        view = memory.graph(**call.ids)
        centre = view.entity(name)
        if centre is None:
            raise NotFound(f"No entity is called {name!r} here.", kind="entity", id=name)
        around = view.neighbours(centre.id, depth=depth, limit=limit)

    def show() -> None:
        call.console.print(_tree(centre.id, around))
        if not around.complete:
            call.console.print(f"[dim]The nearest {len(around.edges)} relations; a higher --limit shows more.[/]")

    call.answer(_plain(around), show)


def paths(
    call: Call,
    source: NameArgument,
    target: NameArgument,
    *,
    max_length: Annotated[int, typer.Option(help="Relations in the longest path.")] = 4,
) -> None:
    """Show the shortest ways from one entity to another."""
    with call.memory() as memory:
        found = memory.graph(**call.ids).paths(source, target, max_length=max_length)

    def show() -> None:
        for path in found:
            call.console.print(path.text, markup=False)
        if not found:
            call.console.print(f"No path of at most {max_length} relations.")
        if not found.complete:
            call.console.print("[dim]Not all of the graph was looked at: there may be others.[/]")

    call.answer({"paths": [path_view(path) for path in found], "complete": found.complete}, show)


def entities(
    call: Call,
    *,
    kind: Annotated[str | None, typer.Option("--type", help="Only of this type.", show_default=False)] = None,
) -> None:
    """List entities: names, types, aliases, and how many memories mention each."""
    with call.memory() as memory:
        found = memory.graph(**call.ids).entities(kind)

    def show() -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("name", "type", "aliases", "memories"):
            table.add_column(heading, overflow="fold")
        for entity in found:
            aliases = ", ".join(entity.aliases)
            table.add_row(escape(entity.name), escape(entity.type or ""), escape(aliases), str(entity.mention_count))
        call.console.print(table if found else "Nothing found.")

    call.answer([entity_view(entity) for entity in found], show)


def timeline(call: Call, name: NameArgument) -> None:
    """Show all that was ever true of an entity, oldest first; what is over is marked."""
    with call.memory() as memory:
        edges = memory.graph(**call.ids).timeline(name)

    def show() -> None:
        for edge in edges:
            past = "" if edge.relation.is_current else "  [yellow](superseded)[/]"
            call.console.print(f"{escape(str(edge))}{past}")
        if not edges:
            call.console.print("Nothing found.")

    call.answer([_edge(edge) for edge in edges], show)


def _edge(edge: Edge) -> Any:
    return relation_view(edge.relation, {edge.source.id: edge.source, edge.target.id: edge.target})


def _plain(around: Neighbourhood) -> dict[str, Any]:
    return {
        "entities": [entity_view(entity) for entity in around.entities],
        "relations": [_edge(edge) for edge in around.edges],
        "complete": around.complete,
    }


def _tree(centre_id: str, around: Neighbourhood) -> Tree:
    """Edges outwards from the centre, each drawn once, where it is first met."""
    names = {entity.id: entity for entity in around.entities}
    root = Tree(f"[bold]{escape(names[centre_id].name)}[/]{_type(names[centre_id].type)}")
    branches = {centre_id: root}
    drawn: set[str] = set()
    frontier = [centre_id]
    while frontier:
        here = frontier.pop(0)
        for edge in around.edges:
            ends = (edge.source.id, edge.target.id)
            if edge.relation.id in drawn or here not in ends:
                continue
            drawn.add(edge.relation.id)
            outward = edge.source.id == here
            there = edge.target if outward else edge.source
            arrow = f"—{edge.type}→" if outward else f"←{edge.type}—"
            branch = branches[here].add(f"{arrow} {escape(there.name)}{_type(there.type)}")
            if there.id not in branches:
                branches[there.id] = branch
                frontier.append(there.id)
    return root


def _type(kind: str | None) -> str:
    return f" [dim]({escape(kind)})[/]" if kind else ""
