"""What holds of a memory at rest, whatever happened to it: looked at through the public contracts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from graphmem.abc import GraphStore, VectorIndex
from graphmem.changes import Mark, PutEntity, PutEpisode, PutMemory, PutRelation, PutRevision
from graphmem.engine import Engine
from graphmem.filters import field_equals
from graphmem.indexing import Encoders, compare
from graphmem.models import Entity, Episode, Memory, Relation, Revision
from graphmem.queries import EntityQuery, IndexFilter, RelationQuery, VectorQuery, View
from graphmem.retrieval import RecallQuery
from graphmem.text import name_key

__all__ = ["Everything", "everything", "marks", "unfaithful", "unfindable", "unsound"]


class Everything:
    """All that a store holds, by id, as its dump says it."""

    def __init__(self) -> None:
        self.memories: dict[str, Memory] = {}
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.episodes: dict[str, Episode] = {}
        self.revisions: dict[str, Revision] = {}

    @property
    def texts(self) -> dict[str, str]:
        """The memories' texts, by id."""
        return {memory.id: memory.text for memory in self.memories.values()}


async def everything(store: GraphStore, project: str | None = None) -> Everything:
    """Read the dump."""
    found = Everything()
    async for changes in store.dump(project):
        for operation in changes.operations:
            match operation:
                case PutMemory(memory):
                    found.memories[memory.id] = memory
                case PutEntity(entity):
                    found.entities[entity.id] = entity
                case PutRelation(relation):
                    found.relations[relation.id] = relation
                case PutEpisode(episode):
                    found.episodes[episode.id] = episode
                case PutRevision(revision):
                    found.revisions[revision.id] = revision
                case _:
                    raise AssertionError(f"a dump holds {operation!r}")
    return found


async def marks(batches: AsyncIterator[Sequence[Mark]]) -> dict[str, Mark]:
    """What a scan says, by id."""
    return {mark.id: mark async for batch in batches for mark in batch}


async def unsound(store: GraphStore, index: VectorIndex) -> list[str]:
    """What is wrong with the store, or with the index as its copy: orphans, dangling links, wrong counts."""
    held = await everything(store)
    problems = [*_dangling(held), *_orphans(held), *_ambiguous(held)]
    problems += await _uncounted(store, held)
    problems += await _misderived(store, held)
    belong = await marks(store.scan())
    dumped = held.memories.keys() | held.entities.keys() | held.relations.keys()
    problems += [f"{belong[key]} is in the store and in no dump: an orphan" for key in belong.keys() - dumped]
    problems += [f"{key} is dumped but not scanned" for key in dumped - belong.keys()]
    copied = await marks(index.scan())
    problems += [f"{belong[key]} is not in the index" for key in belong.keys() - copied.keys()]
    problems += [f"{copied[key]} is in the index alone: an orphan" for key in copied.keys() - belong.keys()]
    problems += [
        f"the index holds {copied[key]} of {belong[key]}"
        for key in belong.keys() & copied.keys()
        if belong[key] != copied[key]
    ]
    verdict = await compare(store, index)
    if not verdict.clean:
        problems.append(f"the index does not verify: {verdict}")
    return problems


def _dangling(held: Everything) -> list[str]:
    problems = []
    for memory in held.memories.values():
        links = (
            *((each, held.entities, "entity") for each in memory.entity_ids),
            *((each, held.relations, "relation") for each in memory.relation_ids),
            *((each, held.episodes, "episode") for each in memory.episode_ids),
        )
        problems += [
            f"memory {memory.id} refers to the missing {kind} {key}" for key, of, kind in links if key not in of
        ]
        ends = {
            end
            for key in memory.relation_ids
            if (relation := held.relations.get(key))
            for end in (relation.subject_id, relation.object_id)
        }
        problems += [
            f"memory {memory.id} states a relation of {end} without naming it" for end in ends - {*memory.entity_ids}
        ]
        if memory.superseded_by is not None and memory.superseded_by not in held.memories:
            problems.append(f"memory {memory.id} was superseded by the missing {memory.superseded_by}")
    told = {revision.memory_id for revision in held.revisions.values() if revision.event == "ADD"}
    problems += [f"memory {key} has no beginning in history" for key in held.memories.keys() - told]
    problems += [
        f"the history of the deleted memory {revision.memory_id} still says something"
        for revision in held.revisions.values()
        if revision.memory_id not in held.memories and (revision.old_text or revision.new_text or revision.state)
    ]
    return problems


def _orphans(held: Everything) -> list[str]:
    memories = held.memories.values()
    mentioned = {key for memory in memories for key in memory.entity_ids}
    stated = {key for memory in memories for key in memory.relation_ids}
    return [
        *(f"no memory mentions the entity {key}" for key in held.entities.keys() - mentioned),
        *(f"no memory states the relation {key}" for key in held.relations.keys() - stated),
    ]


def _ambiguous(held: Everything) -> list[str]:
    """Inside a partition names mean one thing; an entity is called by a name in use."""
    called: dict[tuple[str, str, str], set[str]] = {}
    names: dict[str, set[str]] = {}
    for memory in held.memories.values():
        for mention in memory.mentions:
            place = memory.scope.partition
            called.setdefault((*place, name_key(mention.name)), set()).add(mention.entity_id)
            names.setdefault(mention.entity_id, set()).add(mention.name)
    return [
        *(f"{key} means {sorted(ids)}" for key, ids in called.items() if len(ids) > 1),
        *(
            f"the entity {entity.id} is called {entity.name!r}, which nothing calls it"
            for entity in held.entities.values()
            if entity.name not in names.get(entity.id, set())
        ),
    ]


async def _uncounted(store: GraphStore, held: Everything) -> list[str]:
    tally = await store.tally()
    counted = {
        "memories": len(held.memories),
        "superseded": sum(not memory.is_current for memory in held.memories.values()),
        "entities": len(held.entities),
        "relations": len(held.relations),
        "episodes": len(held.episodes),
        "revisions": len(held.revisions),
        "stale": 0,
    }
    return [
        f"{name}: {number} are held, {tally[name]} are counted"
        for name, number in counted.items()
        if tally[name] != number
    ]


async def _misderived(store: GraphStore, held: Everything) -> list[str]:
    """What a store derives from mentions, and may keep at hand: counts, aliases, types, support."""
    problems = []
    mentions = Counter(key for memory in held.memories.values() for key in memory.entity_ids)
    names: dict[str, set[str]] = {}
    stated: dict[str, list[str]] = {}
    for memory in held.memories.values():
        for mention in memory.mentions:
            names.setdefault(mention.entity_id, set()).add(mention.name)
        for key in memory.relation_ids:
            stated.setdefault(key, []).append(memory.id)
    for project in {memory.scope.project for memory in held.memories.values()}:
        view = _everyone(project)
        entities = await store.entities(EntityQuery(view=view, limit=10**6))
        problems += [
            f"{entity} is not what its mentions say"
            for entity in entities.items
            if entity.mention_count != mentions[entity.id]
            or entity.aliases != tuple(sorted(names.get(entity.id, set()) - {entity.name}))
        ]
        relations = await store.relations(RelationQuery(view=view, limit=10**6))
        problems += [
            f"{relation} is not what memories state"
            for relation in relations.items
            if relation.memory_ids != tuple(sorted(stated.get(relation.id, ())))
        ]
    return problems


def _everyone(project: str, **more: Any) -> View:
    today = datetime.now(UTC).date()
    return View(project=project, today=today, include_superseded=True, include_expired=True, **more)


async def unfindable(engine: Engine, texts: Mapping[str, str], *, project: str = "default") -> list[str]:
    """Which memories are not among the first ten when somebody asks for their very words."""
    problems = []
    for key, text in texts.items():
        memory = await engine.read.memory(_everyone(project), key)
        where = field_equals("user_id", memory.scope.user_id) if memory.scope.user_id else field_equals("id", key)
        view = _everyone(project, where=where, owners=(memory.scope.owner,))
        found = await engine.read.recall(RecallQuery(text=text, view=view, top_k=10))
        if found.degraded:
            problems.append(f"the answer to {text!r} was degraded: {found.degraded}")
        if key not in [hit.memory.id for hit in found.hits]:
            problems.append(f"{key} is not found by its words {text!r}")
    return problems


async def unfaithful(store: GraphStore, index: VectorIndex, encoders: Encoders) -> list[str]:
    """Which points do not hold the vector of what the store says now, whatever their revision claims."""
    problems = []
    async for batch in store.scan():
        points = await encoders.points(list((await store.records(batch)).values()))
        queries = [
            VectorQuery(
                kind=point.kind,
                filter=IndexFilter(project=point.project, owners=(point.owner,)),
                limit=1,
                dense=point.dense,
                among=(point.id,),
            )
            for point in points
        ]
        for point, hits in zip(points, await index.query(queries), strict=True):
            likeness = hits[0].score if hits else -1.0
            if likeness < 0.99 and np.any(point.dense):
                problems.append(f"the {point.kind} {point.id} has another vector in the index ({likeness:.2f})")
    return problems
