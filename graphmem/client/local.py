"""A memory in this process: arguments are read at the engine's door, answers leave as views."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from functools import partial
from operator import attrgetter
from typing import Any

from graphmem.abc import GraphStore, SupportsCypher, SupportsEdges
from graphmem.client.backend import Arguments, ImportReport, IndexAction, plain
from graphmem.client.exporting import LocalExports
from graphmem.client.given import Given as _Given
from graphmem.engine import Added, Engine, Erasure, Job
from graphmem.engine import requests as door
from graphmem.engine.read import Read
from graphmem.engine.records import forget_records
from graphmem.errors import InvalidInput, NotFound, NotSupported
from graphmem.ids import check_id
from graphmem.models import Entity, Relation
from graphmem.queries import AROUND, MAX_AROUND, EntityQuery, MemoryQuery, RelationQuery, View
from graphmem.retrieval import RecallQuery
from graphmem.text import clean, name_key
from graphmem.views import (
    AddResult,
    DeleteResult,
    EntityPage,
    EntityView,
    HistoryEntry,
    MemoryPage,
    MemoryView,
    PathsView,
    RelationPage,
    SearchResult,
    SubgraphView,
    add_result,
    entity_view,
    history_entry,
    memory_view,
    path_view,
    relation_views,
    search_result,
)

__all__ = ["LocalBackend"]

MAX_QUERY = 10_000
"""Characters of a question."""

MAX_DEPTH = 6
"""Relations that a neighbourhood may reach out."""

MAX_LENGTH = 8
"""Relations on the longest way between two entities."""


class LocalBackend(LocalExports):
    """`Backend` over an engine. `by` names the actor in histories."""

    def __init__(self, engine: Engine, project: str = "default", *, by: str | None = None) -> None:
        self.engine = engine
        self.project = project
        self._by = by

    def for_project(self, project: str, *, by: str | None = None) -> LocalBackend:
        """The same engine, for another project."""
        return LocalBackend(self.engine, project, by=by)

    async def open(self) -> None:
        """Make ready; idempotent."""
        await self.engine.open()

    async def aclose(self) -> None:
        """Let go; idempotent."""
        await self.engine.aclose()

    # -- memories

    async def add(self, arguments: Arguments) -> AddResult:
        """Remember."""
        added = await self.engine.remember.add(door.read_add(self.project, arguments, by=self._by))
        await self.engine.webhooks.added(self.project, added.outcomes)
        return _add_view(added)

    async def add_queued(self, arguments: Arguments) -> Job:
        """Accept an add, to be done by a server in the order in which its owner's came; see `Engine.jobs`.

        What is wrong with it is said at once.
        """
        request = door.read_add(self.project, arguments, by=self._by)
        return await self.engine.adds.submit(request, plain(arguments))

    async def add_many(
        self, items: Sequence[Arguments], progress: Callable[[int], None] | None = None
    ) -> list[AddResult]:
        """Remember many; all items are read before the first is written."""
        requests = [door.read_add(self.project, item, by=self._by) for item in items]
        added = await self.engine.remember.add_many(requests, progress=progress)
        await self.engine.webhooks.added(self.project, (outcome for each in added for outcome in each.outcomes))
        return [_add_view(each) for each in added]

    async def search(self, arguments: Arguments) -> SearchResult:
        """Answer a question."""
        given = _Given(arguments)
        project = await self.engine.projects.get(self.project)
        graph = given.pop("graph")
        query = RecallQuery(
            text=clean(given.pop("query", ""), field="query", max_length=MAX_QUERY),
            top_k=door.read_limit(given.pop("top_k"), given.pop("limit"), default=10),
            threshold=_threshold(given.pop("threshold")),
            rerank=bool(given.pop("rerank", False)),
            now=door.read_moment(given.pop("reference_date"), "reference_date"),
            decay=project.decay,
            graph=project.enable_graph if graph is None else bool(graph),
            view=self._view(given),
        )
        explain = bool(given.pop("explain", False))
        given.finish("search")
        return search_result(await self.engine.read.recall(query), explain=explain)

    async def get(self, memory_id: str) -> MemoryView:
        """One memory."""
        return memory_view(await self.engine.read.memory(self._anyone(), check_id(memory_id, field="memory_id")))

    async def get_all(self, arguments: Arguments) -> MemoryPage:
        """Memories, a page at a time."""
        given = _Given(arguments)
        query = MemoryQuery(
            limit=door.read_limit(given.pop("top_k"), given.pop("limit"), default=100),
            cursor=given.pop("cursor"),
            view=self._view(given),
        )
        given.finish("get_all")
        page = await self.engine.read.find(query)
        return {"results": [memory_view(memory) for memory in page.items], "cursor": page.cursor}

    async def update(self, memory_id: str, arguments: Arguments) -> MemoryView:
        """Change a memory."""
        text, changes = door.read_update(arguments)
        updated = await self.engine.remember.update(
            self._anyone(), check_id(memory_id, field="memory_id"), text=text, by=self._by, **changes
        )
        await self.engine.webhooks.updated(self.project, updated.memory, changes)
        return memory_view(updated.memory)

    async def delete(self, memory_id: str) -> DeleteResult:
        """Delete a memory."""
        memory_id = check_id(memory_id, field="memory_id")
        erasure = await self.engine.forget.delete(self._anyone(), memory_id, by=self._by)
        await self.engine.webhooks.deleted(self.project, [memory_id])
        return _receipt("Memory deleted successfully!", erasure)

    async def delete_all(self, arguments: Arguments) -> DeleteResult:
        """Delete what a scope or filter covers."""
        given = _Given(arguments)
        view = self._view(given)
        given.finish("delete_all")
        return _receipt("Memories deleted successfully!", await self._delete_all(view))

    async def history(self, memory_id: str) -> list[HistoryEntry]:
        """A memory's revisions."""
        found = await self.engine.read.history(self.project, check_id(memory_id, field="memory_id"))
        return [history_entry(revision) for revision in found]

    async def reset(self) -> DeleteResult:
        """Delete everything of the project."""
        receipt = _receipt("All memories deleted.", await self._delete_all(self._anyone()))
        await forget_records(self.engine.parts.store, self.project)
        return receipt

    async def purge(self) -> DeleteResult:
        """Erase from every file what was deleted."""
        return _receipt("What had been deleted is erased.", await self.engine.forget.purge())

    # -- the graph

    async def entities(self, arguments: Arguments) -> EntityPage:
        """Entities, a page at a time."""
        given = _Given(arguments)
        name = given.pop("name")
        ids = given.pop("ids")
        query = EntityQuery(
            names=None if name is None else frozenset({name_key(name)}),
            ids=None if ids is None else frozenset(ids),
            type=given.pop("type"),
            limit=door.read_limit(given.pop("limit"), default=100, field="limit"),
            cursor=given.pop("cursor"),
            view=self._view(given),
        )
        given.finish("entities")
        page = await self.engine.read.entities(query)
        return {"results": [entity_view(entity) for entity in page.items], "cursor": page.cursor}

    async def entity(self, entity_id: str, arguments: Arguments) -> EntityView:
        """One entity, by id."""
        given = _Given(arguments)
        view = self._view(given, anyone=True)
        given.finish("entity")
        found = await self.engine.read.by_id(view, [entity_id])
        if entity_id not in found:
            raise NotFound(f"There is no entity {entity_id!r}.", kind="entity", id=entity_id)
        return entity_view(found[entity_id])

    async def relations(self, arguments: Arguments) -> RelationPage:
        """Relations, a page at a time; `entity` (a name or id) and `side`, `types` narrow them."""
        given = _Given(arguments)
        name, side, types = given.pop("entity"), given.pop("side", "either"), given.pop("types")
        if side not in ("subject", "object", "either"):
            raise InvalidInput(f"'side' is subject, object or either, not {side!r}.", field="side")
        limit = door.read_limit(given.pop("limit"), default=100, field="limit")
        cursor = given.pop("cursor")
        view = self._view(given)
        given.finish("relations")
        ids = None if name is None else frozenset(each.id for each in await _named(self.engine.read, view, name))
        query = RelationQuery(
            view=view,
            entities=ids,
            side=side,
            types=None if types is None else frozenset(types),
            limit=limit,
            cursor=cursor,
        )
        page = await self.engine.read.relations(query)
        entities = await _ends(self.engine.read, view, page.items)
        return {"results": relation_views(page.items, entities), "cursor": page.cursor}

    async def cypher(
        self, query: str, params: Mapping[str, Any], *, limit: int, timeout: float
    ) -> list[dict[str, Any]]:
        """Ask the store in Cypher, if it is one that can be. No door of the server leads here."""
        store = self.engine.parts.store
        if not isinstance(store, SupportsCypher):
            raise NotSupported(
                "A folder's store takes no Cypher.",
                hint="Copy it to a Neo4j: graphmem copy --from FOLDER --to neo4j://…",
            )
        return await store.cypher(query, params, limit=limit, timeout=timeout)

    async def subgraph(self, arguments: Arguments) -> SubgraphView:
        """The neighbourhood of an entity (`entity`: a name or id), `depth` (1) relations out, `limit` (100) in all."""
        given = _Given(arguments)
        name, types = given.pop("entity"), given.pop("types")
        depth = door.read_limit(given.pop("depth"), default=1, field="depth", most=MAX_DEPTH)
        limit = door.read_limit(given.pop("limit"), default=AROUND, field="limit", most=MAX_AROUND)
        view = self._view(given)
        given.finish("subgraph")
        centre = await _named(self.engine.read, view, name)
        graph = await self.engine.read.subgraph(view, centre, depth, limit, None if types is None else frozenset(types))
        entities = {entity.id: entity for entity in graph.entities}
        return {
            "entities": [entity_view(entity) for entity in graph.entities],
            "relations": relation_views(graph.relations, entities),
            "complete": graph.complete,
        }

    async def paths(self, arguments: Arguments) -> PathsView:
        """The shortest ways from `source` to `target` (names or ids).

        They are `max_length` relations long at most, 4 if that is not given; it may be up to `MAX_LENGTH`.
        """
        given = _Given(arguments)
        source, target = given.pop("source"), given.pop("target")
        longest = door.read_limit(given.pop("max_length"), default=4, field="max_length", most=MAX_LENGTH)
        limit = door.read_limit(given.pop("limit"), default=5, field="limit")
        view = self._view(given)
        given.finish("paths")
        starts, goals = await _named(self.engine.read, view, source), await _named(self.engine.read, view, target)
        paths, passed = await self.engine.read.paths(view, starts, goals, longest, limit)
        entities = {entity.id: entity for entity in passed.entities}
        return {
            "paths": [path_view(path) for path in paths],
            "entities": [entity_view(entity) for entity in passed.entities],
            "relations": relation_views(passed.relations, entities),
            "complete": passed.complete,
        }

    async def scopes(self) -> list[dict[str, Any]]:
        """Who has memories: type, id, how many, since when."""
        found = await self.engine.parts.store.scopes(self.project)
        return [
            {**each, "created_at": each["created_at"].isoformat(), "updated_at": each["updated_at"].isoformat()}
            for each in found
        ]

    # -- upkeep

    async def stats(self) -> dict[str, int]:
        """Counts."""
        return await self.engine.upkeep.tally(self.project)

    async def index(self, action: IndexAction) -> dict[str, Any]:
        """Care for the index."""
        upkeep = self.engine.upkeep
        match action:
            case "drain":
                return {"drained": await upkeep.drain()}
            case "rebuild":
                return {"points": await upkeep.rebuild()}
            case "verify" | "repair":
                found = await (upkeep.compare() if action == "verify" else upkeep.repair())
                counts = {
                    name: len(value) if isinstance(value, tuple) else value for name, value in asdict(found).items()
                }
                return {"clean": found.clean, **counts} | await _edges(
                    self.engine.parts.store, action == "repair", found.clean
                )
        raise InvalidInput(f"The index knows drain, verify, repair and rebuild, not {action!r}.", field="action")

    async def export(self, arguments: Arguments) -> AsyncGenerator[str, None]:
        """The project's memories as JSON lines."""
        given = _Given(arguments)
        owner = given.pop("owner")
        given.finish("export")
        async with aclosing(self.engine.transfer.export(self.project, owner)) as lines:
            async for line in lines:
                yield line

    async def import_lines(
        self,
        lines: Iterable[str],
        name: str,
        defaults: Arguments,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> dict[str, Any]:
        """Read JSON lines."""
        report = await self.engine.transfer.read(
            lines, name=name, project=self.project, defaults=defaults, progress=progress
        )
        report.refused.sort(key=attrgetter("line"))
        return asdict(report)

    # -- helpers

    async def _delete_all(self, view: View) -> Erasure:
        told = partial(self.engine.webhooks.deleted, self.project)
        return await self.engine.forget.delete_all(view, by=self._by, told=told)

    def _anyone(self) -> View:
        return door.read_view(self.project, {}, anyone=True)

    def _view(self, given: _Given, *, anyone: bool = False) -> View:
        ids = {name: given.pop(name) for name in ("user_id", "agent_id", "app_id", "run_id")}
        return door.read_view(
            self.project,
            ids,
            given.pop("filters"),
            as_of=given.pop("as_of"),
            known_at=given.pop("known_at"),
            include_superseded=bool(given.pop("include_superseded", False)),
            include_expired=bool(given.pop("include_expired", False)),
            anyone=anyone,
        )


async def _named(read: Read, view: View, name: Any) -> tuple[Entity, ...]:
    name = clean(name, field="entity", max_length=door.MAX_NAME)
    found = await read.named(view, name)
    if not found:
        raise NotFound(f"No entity is called {name!r} here.", kind="entity", id=name)
    return found


async def _ends(read: Read, view: View, relations: Iterable[Relation]) -> Mapping[str, Entity]:
    return await read.by_id(view, {end for relation in relations for end in (relation.subject_id, relation.object_id)})


def _threshold(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput(f"'threshold' must be a number in [0, 1], not {value!r}.", field="threshold")
    return float(value)


def _add_view(added: Added) -> AddResult:
    return add_result(
        added.outcomes,
        added=added.added,
        closed=added.closed,
        entities=added.entities,
        usage=added.usage,
        milliseconds=added.milliseconds,
        lag=added.lag,
    )


def _receipt(message: str, erasure: Erasure) -> DeleteResult:
    return {"message": message, "receipt": {"state": erasure.state, "counts": dict(erasure.counts)}}


async def _edges(store: GraphStore, mend: bool, clean: bool) -> dict[str, Any]:
    """Where relations are shown as edges, too: how many of those were wrong."""
    if not isinstance(store, SupportsEdges):
        return {}
    wrong = await (store.redraw() if mend else store.misdrawn())
    return {"edges": wrong, "clean": clean and not wrong}
