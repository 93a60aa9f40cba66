"""Exports: a caller's document filled from what a view sees, profiles and summaries; by a model where there is one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from anyio import to_thread

from graphmem.drafts import Usage
from graphmem.engine.parts import Parts
from graphmem.engine.projects import Projects
from graphmem.errors import NotSupported
from graphmem.exporting import (
    SUMMARY,
    Filler,
    Schema,
    World,
    complete,
    fill_with,
    lacking,
    profile_of,
    read_schema,
    summary_of,
    summary_with,
)
from graphmem.extraction.dates import find_dates
from graphmem.extraction.registry import Registry
from graphmem.filters import pinned
from graphmem.models import SCOPE_FIELDS, Entity, Memory, Relation
from graphmem.queries import EntityQuery, MemoryQuery, RelationQuery, View

__all__ = ["Exports", "Filled", "Summary"]

MAX_MEMORIES = 2_000
"""Memories read for one export, the newest: a person's; what is said of more is better asked for in parts."""

MAX_AROUND = 5_000
"""Entities, and relations, read for one export."""

PAGE = 1_000

ALIKE = 0.65
CLEARLY = 0.2
"""Likeness from which on a relation is taken to be what a property asks for, and how much less alike the next best has
to be: rather nothing than something wrong. Of 22 properties that no relation of twenty answers, the bundled embedder
then takes one for an answer ("sister city" for "has sister"), and it finds five of the 20 that one does: those that
share a word's stem ("email contact", "visited countries"). Embedders to which everything is alike find nothing."""

MOST_COMPARED = 500
"""Properties, and relation types, that are compared by likeness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A document, and the places where its schema asks for what nobody told (`missing`, such as `address.city`).

    `memories` were read; with `cut`, there are more, or the model was not shown all.
    """

    document: dict[str, Any]
    missing: tuple[str, ...] = ()
    memories: int = 0
    cut: bool = False
    usage: Usage = field(default_factory=Usage)
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What is known, in a few sentences; empty where nothing is. `memories` and `cut` as in `Filled`."""

    text: str
    memories: int = 0
    cut: bool = False
    usage: Usage = field(default_factory=Usage)
    milliseconds: float = 0.0


class Exports:
    """Fills documents and tells what is known. It only reads."""

    def __init__(self, parts: Parts, projects: Projects) -> None:
        self._parts = parts
        self._projects = projects

    async def fill(self, view: View, schema: Any, *, instructions: str | None = None) -> Filled:
        """A document that satisfies a JSON Schema, as far as what is known allows.

        Without a model it is filled from the graph: properties are relations of the scope's own entity (or of the one
        that an object describes), metadata, categories, names, dates and counts. Unknown is null where that may be,
        and left out where it may be; what is required is then its default, an empty text, list or object, or left out,
        and always named in `missing`. Where that is empty, the document satisfies the schema.

        Raises `InvalidInput` for a schema that cannot be used, `NotSupported` for instructions where no model is
        there to follow them, `ModelError` if the model fails.
        """
        started = time.perf_counter()
        read = await to_thread.run_sync(read_schema, schema)  # large ones take their time
        self._check(instructions)
        world = await self._world(view)
        if self._parts.chat is None or not world.memories:
            filled = await self._filled(read, world)
        else:
            answer = await fill_with(self._parts.chat, read, world, instructions)
            filled = Filled(
                document=answer.document,
                missing=tuple(answer.missing),
                cut=answer.cut,
                usage=answer.usage,
            )
        return replace(filled, memories=len(world.memories), milliseconds=(time.perf_counter() - started) * 1000)

    async def profile(self, view: View, *, schema: Any = None, instructions: str | None = None) -> dict[str, Any]:
        """Who a scope is: `name`, `aliases`, `facts` and `incoming` by relation, `categories` with counts, `memories`,
        `first_seen`, `last_seen`. With a schema, what `fill` makes of it."""
        if schema is not None:
            return (await self.fill(view, schema, instructions=instructions)).document
        return profile_of(await self._world(view))

    async def summary(self, view: View, *, instructions: str | None = None) -> Summary:
        """What is known in a few sentences, at most 800 characters without a model. Raises as `fill` does."""
        started = time.perf_counter()
        self._check(instructions)
        world = await self._world(view)
        usage = Usage()
        if self._parts.chat is None or not world.memories:
            text = summary_of(world)
        else:
            text, usage = await summary_with(self._parts.chat, world, instructions, SUMMARY)
        took = (time.perf_counter() - started) * 1000
        return Summary(text=text, memories=len(world.memories), cut=world.cut, usage=usage, milliseconds=took)

    def _check(self, instructions: str | None) -> None:
        if instructions and self._parts.chat is None:
            raise NotSupported(
                "Instructions are for a model, and none is there to follow them.",
                hint="Leave them out, or set GRAPHMEM_LLM.",
            )

    async def _filled(self, schema: Schema, world: World) -> Filled:
        """Without a model: what no word leads to is looked for by likeness in a second turn."""
        filler = Filler(schema, world)
        document = await to_thread.run_sync(filler.document)
        alike = await self._alike(list(filler.open), world)
        if alike:
            document = await to_thread.run_sync(Filler(schema, world, alike=alike.get).document)
        document, missing = complete(schema, document)
        return Filled(document=document, missing=tuple(lacking(schema, document, missing)), cut=world.cut)

    async def _alike(self, questions: Sequence[str], world: World) -> dict[str, str]:
        """The relation type that each question resembles, for those that clearly resemble one."""
        edges = {edge.type: edge for edges in world.edges.values() for edge in edges if not edge.inverse}
        types = sorted(edges)[:MOST_COMPARED]
        questions = questions[:MOST_COMPARED]
        if not questions or not types:
            return {}
        labels = [edges[type_].relation.label for type_ in types]
        vectors = await self._parts.encoders.dense.embed([*questions, *labels])
        scores = vectors[: len(questions)] @ vectors[len(questions) :].T
        best = scores.argmax(axis=1)
        next_best = np.sort(scores, axis=1)[:, -2] if len(types) > 1 else np.zeros(len(questions))
        return {
            question: types[best[at]]
            for at, question in enumerate(questions)
            if scores[at, best[at]] >= max(ALIKE, next_best[at] + CLEARLY)
        }

    # -- reading

    async def _world(self, view: View) -> World:
        memories, more = await self._memories(view)
        entities, relations, beyond = await self._around(view)
        selves = [entity for entity in entities if entity.self_of is not None]
        named = _named(view)
        if len(named) == 1:
            selves = [entity for entity in selves if entity.self_of in named]
        else:
            selves = [entity for entity in selves if entity.self_of == entity.owner]
        return World(
            now=view.as_of or view.known_at or self._parts.clock(),
            memories=memories,
            entities={entity.id: entity for entity in entities},
            relations=relations,
            own=tuple(entity.id for entity in sorted(selves, key=lambda each: each.id)),
            owner=named[0].partition(":")[2] if len(named) == 1 else None,
            cut=more or beyond,
            usual=_usual(await self._projects.registry(view.project)),
            day=_day,
        )

    async def _memories(self, view: View) -> tuple[tuple[Memory, ...], bool]:
        found: list[Memory] = []
        cursor = None
        while True:
            query = MemoryQuery(view=view, limit=PAGE, cursor=cursor)
            page = await self._parts.store.find(query)
            found += page.items
            cursor = page.cursor
            if cursor is None or len(found) >= MAX_MEMORIES:
                newest_first = sorted(found[:MAX_MEMORIES], key=lambda each: (each.observed_at, each.id), reverse=True)
                return tuple(newest_first), cursor is not None

    async def _around(self, view: View) -> tuple[tuple[Entity, ...], tuple[Relation, ...], bool]:
        relations: list[Relation] = []
        entities: list[Entity] = []
        after: str | None = None
        then: str | None = None
        while len(relations) < MAX_AROUND:
            edges = await self._parts.store.relations(RelationQuery(view=view, limit=PAGE, cursor=after))
            relations += edges.items
            after = edges.cursor
            if after is None:
                break
        while len(entities) < MAX_AROUND:
            nodes = await self._parts.store.entities(EntityQuery(view=view, limit=PAGE, cursor=then))
            entities += nodes.items
            then = nodes.cursor
            if then is None:
                break
        return tuple(entities), tuple(relations), after is not None or then is not None


def _named(view: View) -> list[str]:
    """Whom the view's filter pins, as `Entity.self_of` has it: the first of user, agent, app and run that it names."""
    for name in SCOPE_FIELDS:
        values = pinned(view.where, name)
        if values:
            return sorted(f"{name.removesuffix('_id')}:{value}" for value in values)
    return []


def _usual(registry: Registry) -> Callable[[str], tuple[str, bool]]:
    """Brings a relation's type to the usual one that says the same; of a denial, to what it denies."""

    @lru_cache(maxsize=1024)
    def usual(type_: str) -> tuple[str, bool]:
        predicate = registry.read(type_.lower().replace("_", " "))
        if predicate.negated:
            return predicate.type.removeprefix("NOT_"), True
        return predicate.type, False

    return usual


def _day(text: str, said: datetime) -> date | None:
    """The day that words name: a date in ISO 8601, or the first one in English. Years and months alone name none."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        pass
    for when in find_dates(text, said):
        if when.since is not None and when.until is not None and (when.until - when.since).days == 1:
            return when.since.date()
    return None
