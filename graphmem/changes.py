"""The write language: what a store is asked to change, as data.

Planning decides, the store obeys. Every operation carries whole objects; putting an id that exists replaces it. The
store itself does three things more, in the same transaction: it gives everything written the partition's next sequence
as `revision`, removes what nothing refers to any longer (relations that no memory states, entities that no memory
mentions), and marks every id whose copy in the index became stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from graphmem.models import Entity, Episode, Kind, Memory, Partition, Relation, Revision

__all__ = [
    "Applied",
    "ChangeSet",
    "DropEpisode",
    "DropMemory",
    "Mark",
    "Operation",
    "PutEntity",
    "PutEpisode",
    "PutMemory",
    "PutRelation",
    "PutRevision",
    "Watch",
]


@dataclass(frozen=True, slots=True)
class PutEpisode:
    """Write an episode whole (also: with its content redacted)."""

    episode: Episode


@dataclass(frozen=True, slots=True)
class DropEpisode:
    """Remove an episode and the links to it; an id that is not there is passed over."""

    id: str


@dataclass(frozen=True, slots=True)
class PutEntity:
    """Write an entity's stored part: name and `self_of`. Its aliases and type come from mentions alone."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class PutRelation:
    """Write a relation whole. Which memories state it is said by the memories."""

    relation: Relation


@dataclass(frozen=True, slots=True)
class PutMemory:
    """Write a memory whole, its links included: links that the new value lacks are withdrawn.

    A memory mentions both ends of every relation that it states; plans see to it.
    """

    memory: Memory


@dataclass(frozen=True, slots=True)
class DropMemory:
    """Remove a memory, its links and all its revisions; an id that is not there is passed over."""

    id: str


@dataclass(frozen=True, slots=True)
class PutRevision:
    """Append to a memory's history. The order of history is (at, order of writing).

    The memory need not be there (any longer): that is how a deletion is told.
    """

    revision: Revision


Operation = PutEpisode | DropEpisode | PutEntity | PutRelation | PutMemory | DropMemory | PutRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a plan was based on. The store watches nothing by itself: what a plan read and rewrites is named here too.

    `names` are folded names (`name_key`), `texts` are `text_key`s of statements, `subjects` are ids of entities
    whose relations were read, `ids` are memories, entities, relations and episodes that were read.
    """

    names: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def __or__(self, other: Watch) -> Watch:
        return Watch(
            names=self.names | other.names,
            texts=self.texts | other.texts,
            subjects=self.subjects | other.subjects,
            ids=self.ids | other.ids,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """All that one deed changes in one partition.

    `sequence` is the partition sequence it was planned against (0: the partition was new). If the partition has moved
    since, the store compares `watch`: the change is a `Conflict` exactly when something watched was written after
    `sequence` (an entity under a watched name, a memory with a watched text key, a relation of a watched subject, a
    watched id) or a watched id is gone. `id` makes it idempotent: applied again, it changes nothing.
    """

    id: str
    partition: Partition
    sequence: int
    at: datetime
    operations: tuple[Operation, ...]
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True, slots=True)
class Mark:
    """An id whose copy in the index is stale, with the revision that made it so. A set, not a log: one an id."""

    kind: Kind
    id: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a store did with a ChangeSet.

    `sequence` is the revision that everything written got; `repeated` says that the ChangeSet had been applied before;
    `removed` are relations and entities that nothing refers to any longer.
    """

    sequence: int
    marks: tuple[Mark, ...] = ()
    removed: tuple[Mark, ...] = ()
    repeated: bool = False


def combine(parts: Iterable[Watch]) -> Watch:
    """One watch over all parts."""
    total = Watch()
    for part in parts:
        total |= part
    return total
