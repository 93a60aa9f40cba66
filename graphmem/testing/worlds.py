"""Small worlds for tests: builders of objects and changes, and a normal form in which two stores compare.

A `Scribe` writes for one partition of a store. Its things are valid by construction: a memory mentions both ends
of every relation that it states, times run forward by a second for each thing made.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from graphmem.abc import GraphStore
from graphmem.changes import (
    Applied,
    ChangeSet,
    DropEpisode,
    DropMemory,
    Mark,
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
    Watch,
)
from graphmem.ids import new_id
from graphmem.models import Entity, Episode, Event, Memory, Mention, Partition, Relation, Revision, Scope
from graphmem.queries import EntityQuery, Known, KnownQuery, MemoryQuery, Page, RelationQuery, View

__all__ = ["START", "TODAY", "Scribe", "Thing", "collect", "current", "fresh", "operations", "plain", "stale", "world"]

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the scribes' clocks begin."""

TODAY = START.date()
"""The day on which the scribes' views look."""

Thing = Episode | Entity | Relation | Memory | Revision | Operation
"""What a scribe writes: an operation, or an object to be put."""

Item = TypeVar("Item")


def fresh(prefix: str) -> str:
    """A name that nothing else has."""
    return f"{prefix}-{new_id()[:13]}"


def operations(things: Iterable[Thing]) -> tuple[Operation, ...]:
    """The operations that put `things`, in their order."""
    return tuple(map(_operation, things))


def _operation(thing: Thing) -> Operation:
    match thing:
        case Episode():
            return PutEpisode(thing)
        case Entity():
            return PutEntity(thing)
        case Relation():
            return PutRelation(thing)
        case Memory():
            return PutMemory(thing)
        case Revision():
            return PutRevision(thing)
    return thing


class Scribe:
    """Writes for one partition of `store`: a new user of a new project, unless it is told whose."""

    def __init__(self, store: GraphStore, project: str | None = None, **ids: str) -> None:
        ids = ids or {"user_id": fresh("user")}
        self.store = store
        self.scope = Scope(project=project or fresh("project"), **ids)
        self._seconds = count()
        self._entities: dict[str, Entity] = {}
        self._relations: dict[str, Relation] = {}

    @property
    def project(self) -> str:
        """The tenant."""
        return self.scope.project

    @property
    def partition(self) -> Partition:
        """Where it writes."""
        return self.scope.partition

    def now(self) -> datetime:
        """The next second."""
        return START + timedelta(seconds=next(self._seconds))

    def beside(self, **ids: Any) -> Scope:
        """Its own scope with other ids: `run_id="7"`."""
        return replace(self.scope, **ids)

    def view(self, **over: Any) -> View:
        """What can be seen of its partition."""
        return View(**{"project": self.project, "owners": (self.partition.owner,), "today": TODAY, **over})

    # -- making things

    def episode(self, content: str = "hello", **over: Any) -> Episode:
        """A message."""
        at = self.now()
        base = {"id": new_id(), "scope": self.scope, "content": content, "observed_at": at, "created_at": at}
        return Episode(**{**base, **over})

    def entity(self, name: str, **over: Any) -> Entity:
        """An entity called `name`."""
        base = {"id": new_id(), "name": name, "created_at": self.now(), **self.partition._asdict()}
        entity = Entity(**{**base, **over})
        self._entities[entity.id] = entity
        return entity

    def relation(self, subject: Entity, kind: str, target: Entity, **over: Any) -> Relation:
        """A relation between two entities."""
        self._entities |= {subject.id: subject, target.id: target}
        base = {
            "id": new_id(),
            **self.partition._asdict(),
            "subject_id": subject.id,
            "type": kind,
            "object_id": target.id,
            "label": kind.lower().replace("_", " "),
            "created_at": self.now(),
        }
        relation = Relation(**{**base, **over})
        self._relations[relation.id] = relation
        return relation

    def memory(
        self,
        text: str = "something happened",
        *,
        about: Sequence[Entity | Mention] = (),
        states: Sequence[Relation] = (),
        of: Sequence[Episode] = (),
        **over: Any,
    ) -> Memory:
        """A memory that mentions `about` and the ends of what it `states`, and comes from the episodes `of`."""
        at = self.now()
        base = {
            "id": new_id(),
            "scope": self.scope,
            "text": text,
            "observed_at": at,
            "created_at": at,
            "updated_at": at,
            "mentions": self.mentions(about, states),
            "relation_ids": tuple(sorted(relation.id for relation in states)),
            "episode_ids": tuple(sorted(episode.id for episode in of)),
        }
        return Memory(**{**base, **over})

    def mentions(self, about: Sequence[Entity | Mention], states: Sequence[Relation] = ()) -> tuple[Mention, ...]:
        """Sorted mentions: of entities by their names, of what relations join, and those given as they are."""
        found = {each if isinstance(each, Mention) else Mention(entity_id=each.id, name=each.name) for each in about}
        ends = {end for relation in states for end in (relation.subject_id, relation.object_id)}
        for missing in ends - {mention.entity_id for mention in found}:
            found.add(Mention(entity_id=missing, name=self._entities[missing].name))
        return tuple(sorted(found))

    def revision(self, memory: Memory, event: Event = Event.ADD, **over: Any) -> Revision:
        """An entry of the history of `memory`, which is given as it is right after the event."""
        gone = event is Event.DELETE
        base = {
            "id": new_id(),
            "memory_id": memory.id,
            "event": event,
            "at": memory.created_at if event is Event.ADD else self.now(),
            "new_text": None if gone else memory.text,
            "state": {} if gone else memory.state(),
        }
        return Revision(**{**base, **over})

    # -- writing and reading

    def change(self, *things: Thing, sequence: int = 0, watch: Watch | None = None, **over: Any) -> ChangeSet:
        """A ChangeSet that puts `things`."""
        base = {"id": new_id(), "partition": self.partition, "at": START, "operations": operations(things)}
        return ChangeSet(**{**base, "sequence": sequence, "watch": watch or Watch(), **over})

    async def write(self, *things: Thing) -> Applied:
        """Put `things` at the present sequence."""
        change = self.change(*things, sequence=await self.sequence())
        return (await self.store.apply(change))[0]

    async def drop(self, *things: Memory | Episode) -> Applied:
        """Drop memories and episodes."""
        drops = (DropMemory(each.id) if isinstance(each, Memory) else DropEpisode(each.id) for each in things)
        return await self.write(*drops)

    async def known(self, **asked: Any) -> Known:
        """The answer to a `KnownQuery` on its partition."""
        return (await self.store.known(KnownQuery(partition=self.partition, **asked)))[0]

    async def sequence(self) -> int:
        """The present sequence of its partition."""
        return (await self.known()).sequence

    async def get(self, memory: Memory, **view: Any) -> Memory | None:
        """The memory as its view sees it, retired and expired ones included."""
        everything = {"include_superseded": True, "include_expired": True, **view}
        return (await self.store.memories(self.view(**everything), [memory.id])).get(memory.id)

    async def texts(self, **view: Any) -> set[str]:
        """The texts of the memories that its view sees."""
        return {memory.text for memory in await current(self.store, self.view(**view))}

    async def entity_of(self, entity_id: str, **view: Any) -> Entity | None:
        """The entity as its view sees it."""
        page = await self.store.entities(EntityQuery(view=self.view(**view), ids=frozenset({entity_id})))
        return page.items[0] if page.items else None

    async def relation_of(self, relation_id: str, **view: Any) -> Relation | None:
        """The relation as its view sees it."""
        page = await self.store.relations(RelationQuery(view=self.view(**view), ids=frozenset({relation_id})))
        return page.items[0] if page.items else None


async def current(store: GraphStore, view: View) -> tuple[Memory, ...]:
    """All memories that a view sees, newest first."""
    return (await store.find(MemoryQuery(view=view, limit=1_000_000))).items


async def collect(batches: AsyncIterator[Sequence[Item]]) -> list[Item]:
    """What the batches hold, in one list."""
    return [item async for batch in batches for item in batch]


async def stale(store: GraphStore, ids: Iterable[str]) -> dict[str, Mark]:
    """The pending marks among `ids`: a store may hold those of others."""
    wanted = set(ids)
    return {mark.id: mark for mark in await store.pending(1_000_000) if mark.id in wanted}


# --- the normal form --------------------------------------------------------------------------------------


def plain(thing: Any, *, revisions: bool = True) -> Any:
    """A domain object as something that compares and prints well: what `==` of the objects does not look at too.

    (Two mentions are equal whatever their types; in metadata 1, 1.0 and true are.) Without `revisions`, without them.
    """
    if is_dataclass(thing) and not isinstance(thing, type):
        kept = [each.name for each in fields(thing) if revisions or each.name != "revision"]
        return {name: plain(getattr(thing, name), revisions=revisions) for name in kept}
    if isinstance(thing, Mapping):
        return json.dumps(thing, sort_keys=True, ensure_ascii=False, default=str)
    if isinstance(thing, tuple | list):
        return [plain(each, revisions=revisions) for each in thing]
    return thing


async def world(
    store: GraphStore, project: str, *, owners: Iterable[str] = (), revisions: bool = False, today: date = TODAY
) -> dict[str, Any]:
    """All that a store tells of a project, as plain data, the same for two stores of the same content.

    `owners` names partitions in which there may be no memory (but episodes, or the histories of deleted ones).
    """
    view = View(project=project, today=today, include_superseded=True, include_expired=True)
    everyone = sorted({*owners, *await store.owners(view, 1_000_000)})
    memories = sorted(await current(store, view), key=lambda memory: memory.id)
    entities: Page[Entity] = await store.entities(EntityQuery(view=view, limit=1_000_000))
    relations: Page[Relation] = await store.relations(RelationQuery(view=view, limit=1_000_000))
    queries = [KnownQuery(partition=Partition(project, owner), last_episodes=1_000_000) for owner in everyone]
    answers = await store.known(*queries)
    histories = {memory.id: await store.history(project, memory.id) for memory in memories}

    def shown(things: Iterable[Any]) -> list[Any]:
        return [plain(thing, revisions=revisions) for thing in things]

    tally = await store.tally(project)
    return {
        "memories": shown(memories),
        "entities": shown(entities.items),
        "relations": shown(relations.items),
        "episodes": {owner: shown(answer.episodes) for owner, answer in zip(everyone, answers, strict=True)},
        "sources": {owner: answer.sources for owner, answer in zip(everyone, answers, strict=True)},
        "histories": {key: shown(e for e in h if e.memory_id == key) for key, h in histories.items()},
        "scopes": await store.scopes(project),
        "tally": {name: number for name, number in tally.items() if name != "stale"},
    }
