"""One ChangeSet carried out in memory, over what the store has of the things it speaks of.

The operations are done here one by one, in their order; what is left of them in the end is what has to be written.
So the number of statements does not depend on how many operations there are, or in what order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from graphmem.changes import (
    ChangeSet,
    DropEpisode,
    DropMemory,
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
)
from graphmem.errors import Conflict, InvalidInput
from graphmem.models import Entity, Episode, Kind, Memory, Partition, Relation, Revision
from graphmem.stores.neo4j.rows import folded_name
from graphmem.stores.neo4j.uses import Uses

__all__ = ["Draft", "Links", "Spoken", "conflict", "spoken_of"]

Thing = Literal["memory", "entity", "relation", "episode"]


class Links(NamedTuple):
    """What hangs on a memory: (entity id, name, type) of its mentions in their order, relations, episodes."""

    mentions: tuple[tuple[str, str, str | None], ...] = ()
    relations: frozenset[str] = frozenset()
    episodes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Spoken:
    """The ids that a ChangeSet speaks of, by kind, and the folded names that its mentions use."""

    memory: set[str] = field(default_factory=set)
    entity: set[str] = field(default_factory=set)
    relation: set[str] = field(default_factory=set)
    episode: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    @property
    def ids(self) -> set[str]:
        """Of whatever kind."""
        return self.memory | self.entity | self.relation | self.episode


def spoken_of(change: ChangeSet) -> Spoken:
    """What the operations speak of. Raises `InvalidInput` for what is put into another partition."""
    found = Spoken()
    for operation in change.operations:
        match operation:
            case PutMemory(memory):
                _here(change, memory.id, memory.scope.partition)
                found.memory.add(memory.id)
                found.entity.update(mention.entity_id for mention in memory.mentions)
                found.keys.update(folded_name(mention.name)[0] for mention in memory.mentions)
                found.relation.update(memory.relation_ids)
                found.episode.update(memory.episode_ids)
            case PutRelation(relation):
                _here(change, relation.id, Partition(relation.project, relation.owner))
                found.relation.add(relation.id)
                found.entity.update((relation.subject_id, relation.object_id))
            case PutEntity(entity):
                _here(change, entity.id, Partition(entity.project, entity.owner))
                found.entity.add(entity.id)
            case PutEpisode(episode):
                _here(change, episode.id, episode.scope.partition)
                found.episode.add(episode.id)
            case DropMemory(id_):
                found.memory.add(id_)
            case DropEpisode(id_):
                found.episode.add(id_)
    return found


class Draft:
    """What the ChangeSet makes of the things it speaks of."""

    def __init__(self, change: ChangeSet, state: Mapping[str, Any]) -> None:
        self.change = change
        self.uses = Uses()
        # What is there now, by kind; at first what the store has.
        self.present: dict[Thing, set[str]] = {"memory": set(), "entity": set(), "relation": set(), "episode": set()}
        self._elsewhere: set[str] = set()
        self.links: dict[str, Links] = {}
        self.superseded_by: dict[str, str | None] = {}
        self.ends: dict[str, tuple[str, str, str]] = {}
        self._read(state)
        self.stored_links = dict(self.links)
        self.stored = {kind: frozenset(ids) for kind, ids in self.present.items()}
        # What has to be written and removed.
        self.memories: dict[str, Memory] = {}
        self.entities: dict[str, Entity] = {}
        self.relations: dict[str, Relation] = {}
        self.episodes: dict[str, Episode] = {}
        self._entries: dict[str, dict[str, tuple[int, Revision]]] = {}  # by memory and id, with when they were put
        self.dropped: set[str] = set()  # memories and episodes that were there and were dropped, then perhaps put again
        self.doubtful: set[str] = set()  # relations that may have lost their last support
        self.stale: dict[str, Kind] = {}
        self._linked: dict[str, int] = {}  # when memories were put
        self._lost: dict[str, int] = {}  # when episodes were dropped
        for self._step, operation in enumerate(change.operations):
            self._carry_out(operation)
        for id_ in self._linked.keys() & self.links.keys():
            self.links[id_] = self._without_lost(id_)
        for id_ in self.dropped & self.stored["memory"] | self.memories.keys():
            self.stale[id_] = "memory"

    def _read(self, state: Mapping[str, Any]) -> None:
        """The answer of `write/state`."""
        for id_, here, superseded_by, mentions, relations, episodes in state["memories"]:
            if self._is_here("memory", id_, here):
                self.superseded_by[id_] = superseded_by
                ordered = tuple(tuple(rest) for _, *rest in sorted(mentions, key=_place))
                self.links[id_] = Links(ordered, frozenset(relations), frozenset(episodes))
        for id_, here, *known in state["entities"]:
            if self._is_here("entity", id_, here):
                self.uses.know(id_, *known)
        for id_, here, *ends in state["relations"]:
            if self._is_here("relation", id_, here):
                self.ends[id_] = (ends[0], ends[1], ends[2])
        for id_, here in state["episodes"]:
            self._is_here("episode", id_, here)

    def _is_here(self, kind: Thing, id_: str, here: bool) -> bool:
        if here:
            self.present[kind].add(id_)
        else:
            self._elsewhere.add(id_)
        return here

    # -- operations

    def _carry_out(self, operation: Operation) -> None:
        match operation:
            case PutEpisode(episode):
                self._put("episode", episode.id)
                self.episodes[episode.id] = episode
            case PutEntity(entity):
                self._put("entity", entity.id)
                self.entities[entity.id] = entity
                self.uses.put(entity)
                self.stale[entity.id] = "entity"
            case PutRelation(relation):
                self._refer("entity", (relation.subject_id, relation.object_id))
                self._put("relation", relation.id)
                self.relations[relation.id] = relation
                self.doubtful.add(relation.id)
                self.stale[relation.id] = "relation"
            case PutMemory(memory):
                self._put_memory(memory)
            case PutRevision(revision):
                entries = self._entries.setdefault(revision.memory_id, {})
                step = entries[revision.id][0] if revision.id in entries else self._step
                entries[revision.id] = step, revision
            case DropMemory(id_):
                self._drop_memory(id_)
            case DropEpisode(id_):
                self._drop_episode(id_)

    def _put(self, kind: Thing, id_: str) -> None:
        if id_ in self._elsewhere:
            raise _misplaced(self.change, id_)
        self.present[kind].add(id_)

    def _refer(self, kind: Thing, ids: Iterable[str]) -> None:
        for id_ in ids:
            if id_ not in self.present[kind]:
                raise conflict(self.change, f"the {kind} {id_!r} is not there any longer")

    def _put_memory(self, memory: Memory) -> None:
        self._put("memory", memory.id)
        mentions = sorted(memory.mentions)
        self._refer("entity", (mention.entity_id for mention in mentions))
        self._refer("relation", memory.relation_ids)
        self._refer("episode", memory.episode_ids)
        links = Links(
            tuple((mention.entity_id, mention.name, mention.type) for mention in mentions),
            frozenset(memory.relation_ids),
            frozenset(memory.episode_ids),
        )
        self._unlink(memory.id)
        self.uses.count(links.mentions, 1)
        self.links[memory.id] = links
        self._linked[memory.id] = self._step
        self.memories[memory.id] = memory

    def _unlink(self, id_: str) -> None:
        if links := self.links.pop(id_, None):
            self.uses.count(links.mentions, -1)
            self.doubtful |= links.relations

    def _drop_memory(self, id_: str) -> None:
        if id_ not in self.present["memory"]:
            return
        self.present["memory"].discard(id_)
        self._unlink(id_)
        self.memories.pop(id_, None)
        self._entries.pop(id_, None)
        self.dropped.add(id_)

    def _drop_episode(self, id_: str) -> None:
        if id_ not in self.present["episode"]:
            return
        self.present["episode"].discard(id_)
        self.episodes.pop(id_, None)
        self._lost[id_] = self._step
        self.dropped.add(id_)

    def _without_lost(self, id_: str) -> Links:
        """A memory's links without those to episodes that were dropped after it was put."""
        links, since = self.links[id_], self._linked[id_]
        lost = {each for each in links.episodes if self._lost.get(each, -1) > since}
        return links._replace(episodes=links.episodes - lost) if lost else links

    @property
    def revisions(self) -> list[Revision]:
        """The entries of history to be written, in their order."""
        found = [each for entries in self._entries.values() for each in entries.values()]
        return [revision for _, revision in sorted(found, key=_place)]


def conflict(change: ChangeSet, what: str) -> Conflict:
    """Somebody was faster."""
    return Conflict(
        f"The change {change.id!r} does not fit any longer: {what}.",
        hint="Read again, plan again, apply again.",
        change_ids=(change.id,),
    )


def _here(change: ChangeSet, id_: str, partition: Partition) -> None:
    if partition != change.partition:
        raise _misplaced(change, id_)


def _misplaced(change: ChangeSet, id_: str) -> InvalidInput:
    return InvalidInput(f"{id_!r} does not belong to the partition of the change {change.id!r}.", field="id")


def _place(row: tuple[Any, ...]) -> Any:
    return row[0]
