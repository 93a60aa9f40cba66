"""The upkeep of `OracleStore`: what is derived, counted, copied to the index, dumped and purged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from graphmem.abc import GraphStore
from graphmem.changes import (
    ChangeSet,
    Mark,
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
)
from graphmem.ids import new_id
from graphmem.models import Entity, Kind, Memory, Partition, Relation
from graphmem.queries import Record
from graphmem.testing.oracle_state import State

__all__ = ["Upkeep", "ends"]

Ended = TypeVar("Ended", Memory, Relation)

_FOR_EVER = 2**62


class Upkeep(GraphStore):
    """The half of the oracle that knows no view."""

    def __init__(self) -> None:
        self.state = State()

    # -- what is derived

    def _entity(self, entity: Entity, memories: Iterable[Memory]) -> Entity:
        return replace(
            entity,
            type=self.state.type(entity.id),
            aliases=tuple(sorted(self.state.names(entity.id) - {entity.name})),
            mention_count=sum(entity.id in memory.entity_ids for memory in memories),
        )

    def _relation(self, relation: Relation, memories: Iterable[Memory]) -> Relation:
        return replace(relation, memory_ids=tuple(sorted(m.id for m in memories if relation.id in m.relation_ids)))

    # -- counting

    async def tally(self, project: str | None = None) -> dict[str, int]:
        """Everything counted."""
        state = self.state
        memories = [m for m in state.memories.values() if project in (None, m.scope.project)]
        return {
            "memories": len(memories),
            "superseded": sum(not memory.is_current for memory in memories),
            "entities": sum(project in (None, each.project) for each in state.entities.values()),
            "relations": sum(project in (None, each.project) for each in state.relations.values()),
            "episodes": sum(project in (None, each.scope.project) for each in state.episodes.values()),
            "revisions": sum(project in (None, place.project) for place, _ in state.revisions.values()),
            "partitions": sum(project in (None, place.project) for place in state.sequences),
            "stale": sum(project in (None, where) for where, _ in state.marks.values()),
        }

    async def scopes(self, project: str) -> list[dict[str, Any]]:
        """Every key of every scope, with its memories counted."""
        groups: dict[tuple[str, str], list[Memory]] = {}
        for memory in self.state.memories.values():
            for name, key in memory.scope.ids.items() if memory.scope.project == project else ():
                groups.setdefault((name.removesuffix("_id"), key), []).append(memory)
        return [
            {
                "type": kind,
                "id": key,
                "memories": len(group),
                "created_at": min(memory.created_at for memory in group),
                "updated_at": max(memory.updated_at for memory in group),
            }
            for (kind, key), group in sorted(groups.items())
        ]

    # -- the index's bookkeeping

    async def pending(self, limit: int) -> list[Mark]:
        """The first marks."""
        marks = [Mark(kind, key, revision) for (kind, key), (_, revision) in self.state.marks.items()]
        return marks[:limit]

    async def settle(self, done: Sequence[Mark]) -> None:
        """Compare and clear."""
        for mark in done:
            if self.state.marks.get((mark.kind, mark.id), ("", None))[1] == mark.revision:
                del self.state.marks[mark.kind, mark.id]

    async def mark(self, refs: Sequence[tuple[Kind, str]]) -> None:
        """At the present revision, or as gone for ever."""
        present = {(kind, key): revision for kind, key, revision in self._marks()}
        for ref in refs:
            partition = self.state.partition_of(ref[1])
            project = partition.project if partition else ""
            self.state.marks[ref] = (project, present.get(ref, _FOR_EVER))

    async def records(self, marks: Sequence[Mark]) -> dict[str, Record]:
        """What is there now."""
        wanted = {(mark.kind, mark.id) for mark in marks}
        return {key: self._record(kind, key) for kind, key, _ in self._marks() if (kind, key) in wanted}

    def _record(self, kind: Kind, key: str) -> Record:
        if kind == "memory":
            memory = self.state.memories[key]
            return Record(
                kind=kind,
                id=key,
                revision=memory.revision,
                project=memory.scope.project,
                owner=memory.scope.owner,
                text=memory.text,
                scope=memory.scope.ids,
                metadata=memory.metadata,
                categories=memory.categories,
            )
        thing: Entity | Relation
        if kind == "entity":
            thing = self._entity(self.state.entities[key], ())
            text = ", ".join((thing.name, *thing.aliases))
        else:
            thing = self.state.relations[key]
            subject, other = (self.state.entities[each].name for each in (thing.subject_id, thing.object_id))
            text = f"{subject} {thing.label} {other}"
        return Record(kind=kind, id=key, revision=thing.revision, project=thing.project, owner=thing.owner, text=text)

    def _marks(self) -> list[tuple[Kind, str, int]]:
        state = self.state
        return [
            *(("memory", m.id, m.revision) for m in state.memories.values()),
            *(("relation", r.id, r.revision) for r in state.relations.values()),
            *(("entity", e.id, e.revision) for e in state.entities.values()),
        ]

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """One batch."""
        yield [Mark(*each) for each in self._marks()]

    # -- whole-store work

    async def dump(self, project: str | None = None, owner: str | None = None) -> AsyncIterator[ChangeSet]:
        """One ChangeSet a partition, or more if it has many memories."""
        for place in list(self.state.sequences):
            if project in (None, place.project) and owner in (None, place.owner):
                for operations in self._dumped(place):
                    at = datetime.now(UTC)
                    yield ChangeSet(id=new_id(), partition=place, sequence=0, at=at, operations=operations)

    def _dumped(self, place: Partition) -> Iterable[tuple[Operation, ...]]:
        state, memories = self.state, list(self.state.within(place))
        things: list[Operation] = [PutEpisode(e) for e in state.episodes.values() if e.scope.partition == place]
        things += [PutRevision(entry) for where, entry in state.revisions.values() if where == place]
        for start in range(0, max(1, len(memories)), 500):
            batch = memories[start : start + 500]
            relations = {key for memory in batch for key in memory.relation_ids}
            entities = {key for memory in batch for key in memory.entity_ids}
            entities |= {key for each in relations for key in ends(state.relations[each], "either")}
            things += [PutEntity(state.entities[key]) for key in sorted(entities)]
            things += [PutRelation(state.relations[key]) for key in sorted(relations)]
            yield (*things, *(PutMemory(memory) for memory in batch))
            things = []

    async def purge(self) -> dict[str, int]:
        """Drop the tombstones, the ids of successors that are gone, and the partitions in which nothing is left."""
        state = self.state
        left = {k: v for k, v in state.revisions.items() if v[1].memory_id in state.memories}
        held = [m.scope.partition for m in state.memories.values()]
        held += [e.scope.partition for e in state.episodes.values()]
        empty = [place for place in state.sequences if place not in held]
        counts = {"revisions": len(state.revisions) - len(left), "partitions": len(empty)}
        state.floor = max([state.floor, *(state.sequences.pop(place) for place in empty)])
        state.memories = {key: self._severed(memory) for key, memory in state.memories.items()}
        state.relations = {key: self._severed(relation) for key, relation in state.relations.items()}
        state.revisions = {
            key: (place, replace(entry, state=self._severed_state(entry.state))) for key, (place, entry) in left.items()
        }
        return counts

    def _severed(self, thing: Ended) -> Ended:
        """Without the id of a successor that is gone."""
        return thing if thing.superseded_by in self.state.memories else replace(thing, superseded_by=None)

    def _severed_state(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        gone = state.get("superseded_by") not in self.state.memories
        return {**state, "superseded_by": None} if state and gone else state

    async def setting(self, project: str, name: str) -> Any:
        """What was put."""
        return self.state.settings.get((project, name))

    async def put_setting(self, project: str, name: str, value: Any) -> None:
        """Put it, or take it away."""
        if value is None:
            self.state.settings.pop((project, name), None)
        else:
            self.state.settings[project, name] = value

    async def swap_setting(self, project: str, name: str, old: Any, new: Any) -> bool:
        """Put it where nobody else did."""
        if self.state.settings.get((project, name)) != old:
            return False
        await self.put_setting(project, name, new)
        return True

    async def settings(self, project: str | None = None, prefix: str = "") -> list[tuple[str, str, Any]]:
        """All that were put."""
        return [
            (where, name, value)
            for (where, name), value in sorted(self.state.settings.items())
            if project in (None, where) and name.startswith(prefix)
        ]


def ends(relation: Relation, side: str) -> set[str]:
    """The ids at its `subject`, its `object`, or `either` end."""
    return {
        key
        for name, key in (("subject", relation.subject_id), ("object", relation.object_id))
        if side in (name, "either")
    }
