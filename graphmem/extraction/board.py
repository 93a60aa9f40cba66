"""The board on which a plan is laid out: what is known of one partition, and over it what was decided so far.

Nothing here decides. Later drafts of a batch see what earlier ones did; at the end the difference to what was known
becomes one ChangeSet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

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
    Watch,
)
from graphmem.extraction.registry import Registry
from graphmem.models import Entity, Episode, Event, Memory, Partition, Relation, Revision
from graphmem.queries import Known
from graphmem.text import text_key

__all__ = ["Board"]


class Board:
    """Known things of a partition with the plan laid over them.

    `links` and `stating` are the authority on which memory states which relation, in both directions; `moments` on
    since when a memory says something (`valid_at`, else when it was told), and when it was told. `unseen` are memories
    whose relations should have been read too, `wanted_slots` and `wanted_pairs` relations (as in `KnownQuery`).
    """

    def __init__(
        self,
        partition: Partition,
        known: Known,
        *,
        at: datetime,
        registry: Registry,
        by: str | None,
        new_id: Callable[[], str],
    ) -> None:
        self.partition = partition
        self.known = known
        self.at = at
        self.registry = registry
        self.by = by
        self.new_id = new_id
        self.names = {key: entity.id for key, entity in known.entities.items()}
        self.entities = {entity.id: entity for entity in known.entities.values()}
        self.memories: dict[str, Memory] = dict(known.memories)
        self.relations: dict[str, Relation] = {}
        self.stating: dict[str, set[str]] = {}
        self.links: dict[str, set[str]] = {}
        self.sources: dict[str, frozenset[str]] = {}
        self.moments: dict[str, tuple[datetime, datetime]] = {}
        self.added: list[str] = []
        self.closed: list[str] = []
        self.turns: list[tuple[str, bool]] = []
        self.unseen: set[str] = set()
        self.wanted_slots: set[tuple[str, str]] = set()
        self.wanted_pairs: set[tuple[str, str]] = set()
        self.watch_names: set[str] = set()
        self.watch_texts: set[str] = set()
        self.watch_subjects: set[str] = set()
        self.watch_ids: set[str] = set()
        self.born: set[str] = set()
        self.episodes: dict[str, Episode] = {}
        self.dropped_episodes: dict[str, None] = {}
        self.dropped_memories: dict[str, None] = {}
        self._between: dict[tuple[str, str], list[str]] = {}
        self._slots: dict[tuple[str, str], list[str]] = {}
        self._texts: dict[str, list[str]] | None = None
        self._put_entities: dict[str, None] = {}
        self._put_relations: dict[str, None] = {}
        self._put_memories: dict[str, None] = {}
        self._revisions: list[Revision | None] = []
        self.known_relations = {relation.id: relation for relation in known.relations}
        for relation in known.relations:
            self._place(relation)
            self.stating[relation.id] = set(relation.memory_ids)

    # -- entities

    def new_entity(self, name: str, self_of: str | None = None) -> str:
        """A new entity; its id. That a memory mentions it by `name` is the caller's part."""
        entity = Entity(
            id=self.new_id(),
            project=self.partition.project,
            owner=self.partition.owner,
            name=name,
            self_of=self_of,
            created_at=self.at,
        )
        self.put_entity(entity)
        self.born.add(entity.id)
        return entity.id

    def put_entity(self, entity: Entity) -> None:
        """Write an entity."""
        self.entities[entity.id] = entity
        self._put_entities[entity.id] = None

    # -- relations

    def _place(self, relation: Relation) -> None:
        self.relations[relation.id] = relation
        self._between.setdefault((relation.subject_id, relation.object_id), []).append(relation.id)
        slot = self.registry.of(relation.type).slot
        if slot is not None:
            self._slots.setdefault((relation.subject_id, slot), []).append(relation.id)

    def put_relation(self, relation: Relation) -> Relation:
        """Write a relation, a new or a changed one."""
        if relation.id in self.relations:
            self.relations[relation.id] = relation
        else:
            self._place(relation)
            self.stating[relation.id] = set()
        self._put_relations[relation.id] = None
        return relation

    def between(self, subject_id: str, object_id: str) -> list[Relation]:
        """The relations from one entity to another that some memory states."""
        ids = self._between.get((subject_id, object_id))
        return [self.relations[key] for key in ids if self.stating[key]] if ids else []

    def in_slot(self, subject_id: str, slot: str) -> list[Relation]:
        """The relations of a subject that fill a functional slot."""
        ids = self._slots.get((subject_id, slot))
        return [self.relations[key] for key in ids if self.stating[key]] if ids else []

    def link(self, memory_id: str, relation_id: str) -> None:
        """Let a memory state a relation."""
        self.linked(memory_id).add(relation_id)
        self.stating[relation_id].add(memory_id)
        # Written even when nothing in it changes: who else plans on its support has to notice. So when unlinked.
        self._put_relations[relation_id] = None

    def unlink(self, memory_id: str, relation_id: str) -> None:
        """Let a memory state a relation no longer."""
        self.linked(memory_id).discard(relation_id)
        if relation_id in self.stating:
            self.stating[relation_id].discard(memory_id)
            self._put_relations[relation_id] = None

    def linked(self, memory_id: str) -> set[str]:
        """The ids of the relations that a memory states, known or not."""
        links = self.links.get(memory_id)
        if links is None:
            memory = self.memories.get(memory_id)
            links = self.links[memory_id] = set(memory.relation_ids) if memory else set()
        return links

    def stated_by(self, memory_id: str) -> list[Relation]:
        """The relations that a memory states, of those that are known, by id."""
        return [self.relations[key] for key in sorted(self.linked(memory_id)) if key in self.relations]

    # -- moments

    def moment(self, memory_id: str) -> tuple[datetime, datetime]:
        """Since when the memory says something, and when it was told."""
        moments = self.moments.get(memory_id)
        if moments is None:
            memory = self.memories[memory_id]
            moments = memory.valid_at or memory.observed_at, memory.observed_at
            self.moments[memory_id] = moments
        return moments

    def start(self, relation: Relation) -> datetime:
        """Since when a relation holds: from when it was first told, where nothing says otherwise."""
        if relation.valid_at is not None:
            return relation.valid_at
        return self.told(relation)

    def dated(self, memory_ids: Iterable[str]) -> datetime | None:
        """The beginning of what these memories say, None if it is only known from when it was told."""
        moments = [self.moment(memory_id) for memory_id in memory_ids]
        start = min(start for start, _ in moments)
        return None if start == min(told for _, told in moments) else start

    def told(self, relation: Relation) -> datetime:
        """When a relation was first told."""
        return min(self._tellings(relation), default=relation.created_at)

    def last_told(self, relation: Relation) -> datetime:
        """When a relation was last told."""
        return max(self._tellings(relation), default=relation.created_at)

    def _tellings(self, relation: Relation) -> Iterator[datetime]:
        return (self.moment(key)[1] for key in self.stating[relation.id])

    def expiry(self, thing: Memory | Relation) -> datetime:
        """Since when it is known not to hold: also where the plan opens it and closes it again."""
        known = self.known.memories.get(thing.id) or self.known_relations.get(thing.id)
        return thing.expired_at or (known.expired_at if known else None) or self.at

    def was_current(self, key: str) -> bool:
        """Whether a memory or relation held before the plan; True if there was none."""
        known = self.known.memories.get(key) or self.known_relations.get(key)
        return known is None or known.is_current

    # -- memories

    def put_memory(self, memory: Memory) -> None:
        """Write a memory, a new or a changed one."""
        if self._texts is not None and memory.id not in self.memories:
            self._texts.setdefault(text_key(memory.text), []).append(memory.id)
        self.memories[memory.id] = memory
        self._put_memories[memory.id] = None

    def with_text(self, key: str) -> Iterator[Memory]:
        """The memories with that `text_key`, in the order in which they came to be."""
        if self._texts is None:
            self._texts = {}
            for memory in sorted(self.memories.values(), key=lambda memory: (memory.created_at, memory.id)):
                self._texts.setdefault(text_key(memory.text), []).append(memory.id)
        return (self.memories[memory_id] for memory_id in self._texts.get(key, ()) if memory_id in self.memories)

    def drop_memory(self, memory: Memory) -> None:
        """Remove a memory with all its history, and note that something was deleted."""
        del self.memories[memory.id]
        self._put_memories.pop(memory.id, None)
        self.dropped_memories[memory.id] = None
        self._revisions.append(
            Revision(id=self.new_id(), memory_id=memory.id, event=Event.DELETE, at=self.at, by=self.by)
        )

    def log(
        self,
        event: Event,
        memory: Memory,
        *,
        old: str | None = None,
        new: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Append to a memory's history."""
        self._revisions.append(
            Revision(
                id=self.new_id(),
                memory_id=memory.id,
                event=event,
                at=self.at,
                old_text=old,
                new_text=new,
                reason=reason,
                by=self.by,
                state=memory.state(),
            )
        )

    # -- the end

    def shown(self, relation_ids: Iterable[str]) -> tuple[Relation, ...]:
        """Relations as they are now, with the memories that state them."""
        return tuple(
            replace(self.relations[key], memory_ids=tuple(sorted(self.stating[key])))
            for key in dict.fromkeys(relation_ids)
            if self.stating.get(key)
        )

    def named(self, relations: Iterable[Relation]) -> dict[str, Entity]:
        """The entities at the ends of relations; one that was not read is called as a memory mentions it."""
        found: dict[str, Entity] = {}
        for relation in relations:
            for key in (relation.subject_id, relation.object_id):
                entity = self.entities.get(key) or self._mentioned(key, relation)
                if entity is not None:
                    found[key] = entity
        return found

    def _mentioned(self, entity_id: str, relation: Relation) -> Entity | None:
        for memory_id in sorted(self.stating[relation.id]):
            memory = self.memories.get(memory_id)
            for mention in memory.mentions if memory else ():
                if mention.entity_id == entity_id:
                    project, owner = self.partition
                    return Entity(
                        id=entity_id,
                        project=project,
                        owner=owner,
                        name=mention.name,
                        type=mention.type,
                        created_at=relation.created_at,
                    )
        return None

    def changes(self, change_id: str) -> ChangeSet:
        """What was decided, as one ChangeSet."""
        memories, unchanged = self._changed_memories()
        relations = list(self._changed_relations())
        operations: list[Operation] = [
            *map(PutEpisode, self.episodes.values()),
            *(PutEntity(self.entities[key]) for key in self._put_entities),
            *map(PutRelation, relations),
            *map(PutMemory, memories),
            *map(DropMemory, self.dropped_memories),
            *map(DropEpisode, self.dropped_episodes),
        ]
        final = self._final_revisions(unchanged)
        operations.extend(map(PutRevision, final))
        known = self.known
        written = {memory.id for memory in memories} | {relation.id for relation in relations}
        based_on = self.watch_ids | (written & (known.memories.keys() | self.known_relations.keys()))
        return ChangeSet(
            id=change_id,
            partition=self.partition,
            sequence=known.sequence,
            at=self.at,
            operations=tuple(operations),
            watch=Watch(
                names=frozenset(self.watch_names),
                texts=frozenset(self.watch_texts),
                subjects=frozenset(self.watch_subjects - self.born),
                ids=frozenset(based_on),
            ),
        )

    def _changed_memories(self) -> tuple[list[Memory], set[str]]:
        """The memories to write, and the ids of those that ended as they had begun."""
        for memory_id, links in self.links.items():
            memory = self.memories.get(memory_id)
            if memory is not None and links != set(memory.relation_ids):
                self.put_memory(replace(memory, relation_ids=tuple(sorted(links))))
        known: Mapping[str, Memory] = self.known.memories
        unchanged = {key for key in self._put_memories if self.memories[key] == known.get(key)}
        return [self.memories[key] for key in self._put_memories if key not in unchanged], unchanged

    def _changed_relations(self) -> Iterator[Relation]:
        for key in self._put_relations:
            relation, known = self.relations[key], self.known_relations.get(key)
            stating = self.stating[key]
            if stating and (relation != known or stating != set(known.memory_ids)):
                yield relation

    def _final_revisions(self, unchanged: set[str]) -> list[Revision]:
        """Without what came to nothing, and without a restoring that was undone at once."""
        last: dict[str, int] = {}
        for index, revision in enumerate(self._revisions):
            if revision is None:
                continue
            if revision.memory_id in unchanged or revision.memory_id in self.dropped_memories:
                if revision.event is not Event.DELETE:
                    self._revisions[index] = None
                continue
            before = last.get(revision.memory_id)
            earlier = self._revisions[before] if before is not None else None
            if before is not None and earlier and {earlier.event, revision.event} <= _STANDING:
                self._revisions[before] = None
            last[revision.memory_id] = index
        return [revision for revision in self._revisions if revision is not None]


_STANDING = frozenset({Event.SUPERSEDE, Event.RESTORE})
"""Events that only say whether a memory is current: of two in one plan the last one counts."""
