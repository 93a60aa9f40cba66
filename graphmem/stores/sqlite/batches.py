"""A ChangeSet's operations in batches, each written kind by kind, as if they had been carried out in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from graphmem.changes import (
    DropEpisode,
    DropMemory,
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
)
from graphmem.models import Entity, Episode, Memory, Relation, Revision

__all__ = ["Batch", "batches"]


@dataclass(slots=True)
class Batch:
    """Operations that may be carried out in the order of these fields, whatever order they came in."""

    episodes: list[Episode] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    dropped_memories: list[str] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    dropped_episodes: list[str] = field(default_factory=list)
    # What may not be overtaken: ids that were written or removed, referred to, given history; gone episodes.
    _changed: set[str] = field(default_factory=set)
    _referred: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    def take(self, operation: Operation) -> bool:
        """Add the operation; False if it has to wait for what is here already."""
        match operation:
            case PutMemory(memory):
                refs = {*memory.entity_ids, *memory.relation_ids, *memory.episode_ids}
                if not self._gone.isdisjoint(refs) or not self._change(memory.id):
                    return False
                self._referred |= refs
                self.memories.append(memory)
            case PutRelation(relation):
                if relation.id in self._referred or not self._change(relation.id):
                    return False
                self._referred |= {relation.subject_id, relation.object_id}
                self.relations.append(relation)
            case PutEntity(entity):
                if entity.id in self._referred or not self._change(entity.id):
                    return False
                self.entities.append(entity)
            case PutEpisode(episode):
                if episode.id in self._referred or not self._change(episode.id):
                    return False
                self.episodes.append(episode)
            case PutRevision(revision):
                self._told.add(revision.memory_id)
                self.revisions.append(revision)
            case DropMemory(id_):
                if id_ in self._told or not self._change(id_):
                    return False
                self.dropped_memories.append(id_)
            case DropEpisode(id_):
                if not self._change(id_):
                    return False
                self._gone.add(id_)
                self.dropped_episodes.append(id_)
        return True

    def _change(self, id_: str) -> bool:
        """Note that `id` is written or removed; False if it was before."""
        new = id_ not in self._changed
        self._changed.add(id_)
        return new


def batches(operations: Iterable[Operation]) -> Iterator[Batch]:
    """The operations, in as few batches as their order allows; usually one."""
    batch = Batch()
    for operation in operations:
        if not batch.take(operation):
            yield batch
            batch = Batch()
            batch.take(operation)
    yield batch
