"""What `OracleStore` holds, and how a ChangeSet changes it: `GraphStore.apply`, line by line."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

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
)
from graphmem.errors import Conflict, InvalidInput
from graphmem.models import Entity, Episode, Kind, Memory, Mention, Partition, Relation, Revision
from graphmem.text import name_key, text_key

__all__ = ["State"]


@dataclass
class State:
    """Everything, in dicts by key. Entities and relations are kept without what is derived."""

    sequences: dict[Partition, int] = field(default_factory=dict)
    floor: int = 0
    applied: dict[str, int] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    revisions: dict[str, tuple[Partition, Revision]] = field(default_factory=dict)
    marks: dict[tuple[Kind, str], tuple[str, int]] = field(default_factory=dict)
    settings: dict[tuple[str, str], Any] = field(default_factory=dict)

    def copied(self) -> State:
        """A state of its own; what is inside is frozen and may be shared."""
        return replace(self, **{name: copy.copy(value) for name, value in vars(self).items()})

    # -- looking

    def within(self, partition: Partition) -> Iterator[Memory]:
        """The memories of a partition."""
        return (memory for memory in self.memories.values() if memory.scope.partition == partition)

    def mentions(self, entity_id: str) -> list[Mention]:
        """Every mention of an entity."""
        return [m for memory in self.memories.values() for m in memory.mentions if m.entity_id == entity_id]

    def names(self, entity_id: str) -> frozenset[str]:
        """The names in use for an entity."""
        return frozenset(mention.name for mention in self.mentions(entity_id))

    def type(self, entity_id: str) -> str | None:
        """The type most often said of an entity."""
        said = Counter(mention.type for mention in self.mentions(entity_id) if mention.type is not None)
        return min(said, key=lambda name: (-said[name], name), default=None)

    def keys(self, entity_id: str) -> frozenset[str]:
        """The folded names in use for an entity."""
        return frozenset(name_key(name) for name in self.names(entity_id))

    def of(self, partition: Partition, entity_or_relation: Entity | Relation) -> bool:
        """Whether it belongs to the partition."""
        return (entity_or_relation.project, entity_or_relation.owner) == partition

    def partition_of(self, key: str) -> Partition | None:
        """Where an key is in use."""
        if found := self.memories.get(key) or self.episodes.get(key):
            return found.scope.partition
        if thing := self.entities.get(key) or self.relations.get(key):
            return Partition(thing.project, thing.owner)
        return None

    # -- changing

    def apply(self, change: ChangeSet) -> Applied:
        """One ChangeSet; raises `Conflict`, and may then have changed something."""
        if change.id in self.applied:
            return Applied(sequence=self.applied[change.id], repeated=True)
        partition = change.partition
        sequence = self.sequences.get(partition, self.floor)
        if sequence != change.sequence:
            self._check_watch(change)
        revision = sequence + 1
        before = {key: self._called(e) for key, e in self.entities.items() if self.of(partition, e)}
        held = set(self.memories)
        for operation in change.operations:
            self._carry_out(operation, revision, change)
        removed = self._tidy(partition, before, revision)
        self._check_names(change)
        self.sequences[partition] = self.applied[change.id] = revision
        dropped = [Mark("memory", key, revision) for key in held - self.memories.keys()]
        marks = (*dropped, *removed, *self._written(partition, revision))
        self.marks |= {(mark.kind, mark.id): (partition.project, mark.revision) for mark in marks}
        return Applied(sequence=revision, marks=tuple(sorted(set(marks), key=str)), removed=tuple(removed))

    def _check_watch(self, change: ChangeSet) -> None:
        watch, partition = change.watch, change.partition
        here = {
            **{memory.id: memory.revision for memory in self.within(partition)},
            **{e.id: e.revision for e in self.episodes.values() if e.scope.partition == partition},
            **{e.id: e.revision for e in self.entities.values() if self.of(partition, e)},
            **{r.id: r.revision for r in self.relations.values() if self.of(partition, r)},
        }
        watched = set(watch.ids)
        watched |= {key for key in self.entities.keys() & here.keys() if self.keys(key) & watch.names}
        watched |= {memory.id for memory in self.within(partition) if text_key(memory.text) in watch.texts}
        watched |= {
            key for key in self.relations.keys() & here.keys() if self.relations[key].subject_id in watch.subjects
        }
        if moved := sorted(key for key in watched if key not in here or here[key] > change.sequence):
            raise _conflict(change, f"{moved[0]!r} was changed or removed")

    def _carry_out(self, operation: Operation, revision: int, change: ChangeSet) -> None:
        partition = change.partition
        match operation:
            case PutEpisode(episode):
                self._check_place(episode.id, episode.scope.partition, change)
                self.episodes[episode.id] = replace(episode, revision=revision)
            case PutEntity(entity):
                self._check_place(entity.id, Partition(entity.project, entity.owner), change)
                stored = replace(entity, type=None, aliases=(), mention_count=0, revision=revision)
                self.entities[entity.id] = stored
            case PutRelation(relation):
                self._check_place(relation.id, Partition(relation.project, relation.owner), change)
                self._check_there({relation.subject_id, relation.object_id}, self.entities, change)
                self.relations[relation.id] = replace(relation, memory_ids=(), revision=revision)
            case PutMemory(memory):
                self._check_place(memory.id, memory.scope.partition, change)
                self._check_there(set(memory.entity_ids), self.entities, change)
                self._check_there(set(memory.relation_ids), self.relations, change)
                self._check_there(set(memory.episode_ids), self.episodes, change)
                self.memories[memory.id] = replace(
                    memory,
                    mentions=tuple(sorted(memory.mentions)),
                    relation_ids=tuple(sorted(set(memory.relation_ids))),
                    episode_ids=tuple(sorted(set(memory.episode_ids))),
                    revision=revision,
                )
            case PutRevision(entry):
                self.revisions[entry.id] = partition, entry
            case DropMemory(key) if self.partition_of(key) == partition and key in self.memories:
                del self.memories[key]
                self.revisions = {k: v for k, v in self.revisions.items() if v[1].memory_id != key}
            case DropEpisode(key) if self.partition_of(key) == partition and key in self.episodes:
                del self.episodes[key]
                for memory in list(self.within(partition)):
                    left = tuple(each for each in memory.episode_ids if each != key)
                    self.memories[memory.id] = replace(memory, episode_ids=left)

    def _check_place(self, key: str, partition: Partition, change: ChangeSet) -> None:
        if partition != change.partition or self.partition_of(key) not in (None, partition):
            raise InvalidInput(f"{key!r} does not belong to the partition of the change {change.id!r}.", field="id")

    def _check_there(self, ids: set[str], things: dict[str, Any], change: ChangeSet) -> None:
        for key in ids:
            if key not in things or self.partition_of(key) != change.partition:
                raise _conflict(change, f"{key!r} is not there any longer")

    def _tidy(self, partition: Partition, before: dict[str, Any], revision: int) -> list[Mark]:
        """Remove what nothing refers to, let names fall back, and give a new revision to what is called otherwise."""
        stated = {key for memory in self.within(partition) for key in memory.relation_ids}
        mentioned = {key for memory in self.within(partition) for key in memory.entity_ids}
        idle = [r.id for r in self.relations.values() if self.of(partition, r) and r.id not in stated]
        unknown = [e.id for e in self.entities.values() if self.of(partition, e) and e.id not in mentioned]
        for key in idle:
            del self.relations[key]
        for key in unknown:
            del self.entities[key]
        for key in mentioned:
            uses = Counter(mention.name for mention in self.mentions(key))
            entity = self.entities[key]
            if entity.name not in uses:
                entity = replace(entity, name=min(uses, key=lambda name: (-uses[name], name)))
            if before.get(key) != self._called(entity):
                entity = replace(entity, revision=revision)
            self.entities[key] = entity
            if key in before and before[key][0] != entity.name:
                for relation in list(self.relations.values()):
                    if key in (relation.subject_id, relation.object_id):
                        self.relations[relation.id] = replace(relation, revision=revision)
        gone: list[tuple[Kind, str]] = [("relation", key) for key in idle]
        gone += [("entity", key) for key in unknown]
        return [Mark(kind, key, revision) for kind, key in gone]

    def _called(self, entity: Entity) -> tuple[str, frozenset[str], str | None]:
        return entity.name, self.names(entity.id), self.type(entity.id)

    def _check_names(self, change: ChangeSet) -> None:
        called: dict[str, str] = {}
        for entity in self.entities.values():
            if self.of(change.partition, entity):
                for key in self.keys(entity.id):
                    if called.setdefault(key, entity.id) != entity.id:
                        raise _conflict(change, f"two entities are called {key!r}")

    def _written(self, partition: Partition, revision: int) -> Iterator[Mark]:
        kinds: tuple[tuple[Kind, dict[str, Any]], ...] = (
            ("memory", self.memories),
            ("relation", self.relations),
            ("entity", self.entities),
        )
        for kind, things in kinds:
            for key, thing in things.items():
                if self.partition_of(key) == partition and thing.revision == revision:
                    yield Mark(kind, key, revision)


def _conflict(change: ChangeSet, what: str) -> Conflict:
    return Conflict(
        f"The change {change.id!r} does not fit any longer: {what}.",
        hint="Read again, plan again, apply again.",
        change_ids=(change.id,),
    )
