"""The graph under one scope, async."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from graphmem.errors import NotFound, NotSupported
from graphmem.graph.things import Edge, Neighbourhood, Paths
from graphmem.models import Entity, Path, Step
from graphmem.queries import AROUND
from graphmem.views import (
    EntityPage,
    EntityView,
    PathsView,
    PathView,
    RelationPage,
    RelationView,
    SubgraphView,
    read_entity,
    read_relation,
)

__all__ = ["AsyncGraph", "CypherReads", "GraphReads"]

PAGE = 1_000
"""Entities or relations fetched at once."""


class GraphReads(Protocol):
    """What the view asks for: the graph part of a memory's backend."""

    async def entities(self, arguments: Mapping[str, Any]) -> EntityPage:
        """Entities, a page at a time."""

    async def relations(self, arguments: Mapping[str, Any]) -> RelationPage:
        """Relations, a page at a time."""

    async def subgraph(self, arguments: Mapping[str, Any]) -> SubgraphView:
        """The neighbourhood of an entity."""

    async def paths(self, arguments: Mapping[str, Any]) -> PathsView:
        """The shortest ways between two entities."""


@runtime_checkable
class CypherReads(Protocol):
    """A backend that can be asked in Cypher, if its store can."""

    async def cypher(
        self, query: str, params: Mapping[str, Any], *, limit: int, timeout: float
    ) -> list[dict[str, Any]]:
        """See `graphmem.abc.SupportsCypher`."""


class AsyncGraph:
    """Entities and relations that one scope sees, as `AsyncMemory.graph` gives it.

    Names are found by their folded form, aliases included; an entity's id serves as well. Where several partitions
    know a name, all of them are meant, the most mentioned first.
    """

    def __init__(self, reads: Callable[[], Awaitable[GraphReads]], scope: Mapping[str, Any]) -> None:
        self._reads = reads
        self._scope = dict(scope)

    async def entity(self, name: str) -> Entity | None:
        """The entity called so, or None."""
        reads = await self._reads()
        page = await reads.entities({**self._scope, "name": name, "limit": PAGE})
        if not page["results"]:
            page = await reads.entities({**self._scope, "ids": [name], "limit": 1})
        found = sorted(page["results"], key=lambda view: (-view["memories"], view["id"]))
        return read_entity(found[0]) if found else None

    async def entities(self, type: str | None = None) -> list[Entity]:  # noqa: A002 (the field's own word)
        """All entities, by name."""
        narrowed = {**self._scope, **({"type": type} if type else {})}
        return [read_entity(view) for view in await self._all("entities", narrowed)]

    async def value(self, name: str, type: str) -> Entity | None:  # noqa: A002
        """The object of the entity's current relation of that type, the newest first: where she lives *now*."""
        found = await self.values(name, type)
        return found[0] if found else None

    async def values(self, name: str, type: str) -> list[Entity]:  # noqa: A002
        """The objects of all the entity's current relations of that type, the newest first."""
        edges = await self._edges(name, side="subject", types=[type])
        return [edge.target for edge in reversed(edges)]

    async def relations(self, name: str, types: Sequence[str] | None = None) -> list[Edge]:
        """The edges from and to an entity, oldest first."""
        return await self._edges(name, types=types)

    async def timeline(self, name: str, types: Sequence[str] | None = None) -> list[Edge]:
        """All that was ever true of an entity, what is superseded included, oldest first; undated first."""
        return await self._edges(name, types=types, include_superseded=True)

    async def neighbours(
        self, name: str, depth: int = 1, types: Sequence[str] | None = None, limit: int = AROUND
    ) -> Neighbourhood:
        """What lies within `depth` relations of an entity: at most `limit` relations (up to 10,000), the nearest first.

        Raises `NotFound` if nothing is called so.
        """
        return await self.subgraph(name, depth=depth, types=types, limit=limit)

    async def subgraph(
        self, name: str | None = None, depth: int = 2, types: Sequence[str] | None = None, limit: int = AROUND
    ) -> Neighbourhood:
        """The part of the graph around an entity, as `neighbours` bounds it; without a name all of it, unbounded.

        Raises `NotFound` if nothing is called so.
        """
        if name is None:
            relations = await self._all("relations", self._narrowed(types))
            return _neighbourhood(await self.entities(), relations)
        asked = {**self._narrowed(types), "entity": name, "depth": depth, "limit": limit}
        view = await (await self._reads()).subgraph(asked)
        return _neighbourhood([read_entity(each) for each in view["entities"]], view["relations"], view["complete"])

    async def paths(self, source: str, target: str, max_length: int = 4, limit: int = 5) -> Paths:
        """The shortest ways from one entity to another, against the arrows too; empty if there is none.

        Looked for among no more of the graph than `Paths` says: its `complete` tells whether that was all. Raises
        `NotFound` if nothing is called so, `InvalidInput` for a `max_length` over 8.
        """
        asked = {**self._scope, "source": source, "target": target, "max_length": max_length, "limit": limit}
        view = await (await self._reads()).paths(asked)
        return Paths((_path(each) for each in view["paths"]), complete=view["complete"])

    async def to_networkx(self) -> Any:
        """All of it as a `networkx.MultiDiGraph`; see `Neighbourhood.to_networkx`."""
        return (await self.subgraph()).to_networkx()

    async def to_frames(self, library: Any = None) -> tuple[Any, Any]:
        """All of it as two tables; see `Neighbourhood.to_frames`."""
        return (await self.subgraph()).to_frames(library)

    async def show(self, name: str | None = None, depth: int = 2, limit: int = AROUND) -> Any:
        """A picture of the part around an entity, or of all; see `subgraph` and `Neighbourhood.show`."""
        return (await self.subgraph(name, depth=depth, limit=limit)).show()

    async def cypher(
        self, query: str, /, *, limit: int = 1_000, timeout: float = 30.0, **params: Any
    ) -> list[dict[str, Any]]:
        """Ask Neo4j itself: the rows as dicts by column, at most `limit`, within `timeout` seconds; reading only.

        The scope does not confine it: whoever opened the database by its own address and password sees all of it. So
        it raises `NotSupported` on a folder and through a server; see `SupportsCypher.cypher` for the others.
        """
        reads = await self._reads()
        if not isinstance(reads, CypherReads):
            raise NotSupported(
                "A graphmem server takes no Cypher: nothing would confine it to a project.",
                hint="Open the database itself: Memory('neo4j://user:password@host:7687').",
            )
        return await reads.cypher(query, params, limit=limit, timeout=timeout)

    def _narrowed(self, types: Sequence[str] | None) -> dict[str, Any]:
        return {**self._scope, **({"types": list(types)} if types else {})}

    async def _edges(
        self, name: str, *, types: Sequence[str] | None = None, side: str = "either", **more: Any
    ) -> list[Edge]:
        asked = {**self._narrowed(types), "entity": name, "side": side, **more}
        try:
            return _edges(await self._all("relations", asked), {})
        except NotFound:
            return []

    async def _all(self, what: str, arguments: Mapping[str, Any]) -> list[Any]:
        """All pages of a list."""
        read = getattr(await self._reads(), what)
        found: list[Any] = []
        cursor: str | None = None
        while True:
            page = await read({**arguments, "limit": PAGE, **({"cursor": cursor} if cursor else {})})
            found += page["results"]
            cursor = page["cursor"]
            if cursor is None:
                return found


def _neighbourhood(
    entities: Iterable[Entity], relations: Sequence[RelationView], complete: bool = True
) -> Neighbourhood:
    known = {entity.id: entity for entity in entities}
    return Neighbourhood(tuple(known.values()), tuple(_edges(relations, known)), complete)


def _edges(views: Sequence[RelationView], known: Mapping[str, Entity]) -> list[Edge]:
    """The relations with their ends: what is known of these, or else what a relation's own view says."""
    return [
        Edge(
            read_relation(view),
            known.get(view["source_id"]) or _end(view, "source"),
            known.get(view["target_id"]) or _end(view, "target"),
        )
        for view in views
    ]


def _end(view: RelationView, side: str) -> Entity:
    """An end of a relation, as far as the relation's own view knows it."""
    known: Mapping[str, Any] = view
    end: EntityView = {
        "id": known[f"{side}_id"],
        "name": known[side],
        "type": known[f"{side}_type"],
        "aliases": [],
        "self_of": None,
        "memories": 0,
        "created_at": view["created_at"],
    }
    return read_entity(end)


def _path(view: PathView) -> Path:
    steps = tuple(
        Step(step["kind"], step["source_id"], step["target_id"], step["relation_id"])  # type: ignore[arg-type]
        for step in view["steps"]
    )
    return Path(steps=steps, text=view["text"])
