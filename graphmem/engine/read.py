"""Reading: questions, lists, and the graph around an entity."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from graphmem.engine.between import Between
from graphmem.engine.explore import Exploration
from graphmem.engine.parts import Parts
from graphmem.errors import NotFound
from graphmem.models import Entity, Memory, Path, Relation, Revision, Subgraph
from graphmem.queries import EntityQuery, MemoryQuery, Page, RelationQuery, View
from graphmem.retrieval import Recall, RecallQuery, Retriever, readable
from graphmem.text import name_key

__all__ = ["Read"]

MOST_OWNERS = 64
"""Partitions that a read naming no owner is narrowed to; with more, the index is asked over all of the project."""


class Read:
    """Answers under a view."""

    def __init__(self, parts: Parts, retriever: Retriever) -> None:
        self._parts = parts
        self._store = parts.store
        self._retriever = retriever

    async def recall(self, query: RecallQuery) -> Recall:
        """Answer a question; see `Retriever.recall`."""
        view = query.view
        if view.owners is None:
            owners = await self._store.owners(view, MOST_OWNERS)
            if len(owners) < MOST_OWNERS:
                query = replace(query, view=replace(view, owners=owners))
        found = await self._retriever.recall(query)
        if found.stale:
            await self._store.mark([("memory", memory_id) for memory_id in found.stale])
        return found

    async def memory(self, view: View, memory_id: str) -> Memory:
        """One memory, superseded and expired ones included. Raises `NotFound`."""
        found = await self.memories(view, [memory_id])
        if memory_id not in found:
            raise NotFound(f"There is no memory {memory_id!r}.", kind="memory", id=memory_id)
        return found[memory_id]

    async def memories(self, view: View, ids: Collection[str]) -> dict[str, Memory]:
        """Those among the memories that are there, by id; superseded and expired ones included."""
        return await self._store.memories(replace(view, include_superseded=True, include_expired=True), ids)

    async def count(self, view: View) -> int:
        """How many memories are visible."""
        return await self._store.count(view)

    async def find(self, query: MemoryQuery) -> Page[Memory]:
        """Visible memories, a page at a time."""
        return await self._store.find(query)

    async def history(self, project: str, memory_id: str) -> list[Revision]:
        """All revisions of a memory and of what it superseded, oldest first. Raises `NotFound`."""
        found = await self._store.history(project, memory_id)
        if not found:
            raise NotFound(f"There is no memory {memory_id!r}.", kind="memory", id=memory_id)
        return found

    # -- the graph

    async def entities(self, query: EntityQuery) -> Page[Entity]:
        """Visible entities, a page at a time."""
        return await self._store.entities(query)

    async def relations(self, query: RelationQuery) -> Page[Relation]:
        """Visible relations, a page at a time."""
        return await self._store.relations(query)

    async def named(self, view: View, name: str) -> tuple[Entity, ...]:
        """The entities called so, in every partition of the view: by id, name or alias; most mentioned first."""
        query = EntityQuery(view=view, names=frozenset({name_key(name)}), limit=1000)
        found = (await self._store.entities(query)).items
        if not found:
            found = (await self._store.entities(replace(query, names=None, ids=frozenset({name})))).items
        return tuple(sorted(found, key=lambda entity: (-entity.mention_count, entity.id)))

    async def by_id(self, view: View, ids: Iterable[str]) -> dict[str, Entity]:
        """The visible ones among `ids`."""
        wanted = frozenset(ids)
        if not wanted:
            return {}
        page = await self._store.entities(EntityQuery(view=view, ids=wanted, limit=len(wanted)))
        return {entity.id: entity for entity in page.items}

    async def subgraph(
        self, view: View, centre: Iterable[Entity], depth: int, limit: int, types: frozenset[str] | None = None
    ) -> Subgraph:
        """What lies within `depth` relations of some entities, nearest first: at most `limit` relations."""
        return await Exploration(self._store, view, centre, depth=depth, limit=limit, types=types).run()

    async def paths(
        self, view: View, sources: Iterable[Entity], targets: Iterable[Entity], longest: int, limit: int
    ) -> tuple[tuple[Path, ...], Subgraph]:
        """The shortest ways from one entity to another along relations, in either direction, and what they pass.

        At most `longest` relations long, at most `limit` of them, all of one length. What they pass is `complete` if
        nothing was left out that a way could have led over.
        """
        between = Between(self._store, view, sources, targets, longest=longest)
        ways = await between.find(limit)
        passed = between.relations
        entities = await self.by_id(view, {step.target_id for way in ways for step in way})
        paths = tuple(readable(way, entities, passed, {}, start="") for way in ways)
        return paths, Subgraph(
            entities=tuple(entities.values()), relations=tuple(passed.values()), complete=between.complete
        )
