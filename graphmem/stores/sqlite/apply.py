"""`GraphStore.apply`: ChangeSets into tables, in a transaction that is already open."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from graphmem.changes import (
    Applied,
    ChangeSet,
    DropEpisode,
    DropMemory,
    Mark,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
)
from graphmem.errors import Conflict, InvalidInput
from graphmem.models import Entity, Episode, Kind, Memory, Partition, Relation
from graphmem.stores.sqlite.batches import Batch, batches
from graphmem.stores.sqlite.rows import (
    entity_params,
    episode_params,
    json_array,
    memory_params,
    relation_params,
    revision_params,
)
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.uses import Uses

__all__ = ["apply", "prune"]

_REMEMBERED = 30 * 86_400_000_000  # microseconds


def apply(session: Session, changes: Sequence[ChangeSet]) -> tuple[Applied, ...]:
    """Carry out the ChangeSets, in this order; the session is told if that took words away.

    Raises `Conflict` and `InvalidInput`; the caller rolls back.
    """
    if len({change.partition for change in changes}) < len(changes):
        raise InvalidInput("Two changes of one partition cannot be applied together.", field="changes")
    return tuple(_apply(session, change) for change in changes)


def prune(session: Session) -> None:
    """Forget the ChangeSets that were carried out long ago: nobody sends them again."""
    session.run("write/forget_applied", before=time.time_ns() // 1000 - _REMEMBERED)


def _apply(session: Session, change: ChangeSet) -> Applied:
    if before := session.one("write/applied", id=change.id):
        return Applied(sequence=before[0], repeated=True)
    project, owner = change.partition
    row = session.one("write/partition", project=project, owner=owner)
    pk, sequence = row or session.all("write/new_partition", project=project, owner=owner)[0]
    if sequence != change.sequence:
        _check_watch(session, change, pk)
    writing = _Writing(session, change, pk, sequence + 1)
    for batch in batches(change.operations):
        writing.carry_out(batch)
    marks, removed = writing.settle()
    session.run("write/advance", pk=pk, sequence=sequence + 1)
    session.run("write/remember_applied", id=change.id, sequence=sequence + 1, at=time.time_ns() // 1000)
    session.many(
        "write/put_stale",
        ({"id": each.id, "kind": each.kind, "revision": each.revision, "project": project} for each in marks),
    )
    session.erased = session.erased or writing.erased
    return Applied(sequence=sequence + 1, marks=marks, removed=removed)


def _check_watch(session: Session, change: ChangeSet, partition: int) -> None:
    """Raise `Conflict` if something watched was written after the plan was made, or is gone."""
    watch = change.watch
    if watch.names or watch.texts or watch.subjects:
        moved = session.one(
            "write/moved",
            partition=partition,
            since=change.sequence,
            names=json_array(watch.names),
            texts=json_array(watch.texts),
            subjects=json_array(watch.subjects),
        )
        if moved:
            raise _conflict(change, f"{moved[0]!r} was written meanwhile")
    found: dict[str, int] = {}
    if watch.ids:
        found = dict(session.all("write/watched", partition=partition, ids=json_array(watch.ids)))
    for id_ in watch.ids:
        if found.get(id_, change.sequence + 1) > change.sequence:
            raise _conflict(change, f"{id_!r} was {'written' if id_ in found else 'removed'} meanwhile")


class _Writing:
    """One ChangeSet on its way into the tables."""

    def __init__(self, session: Session, change: ChangeSet, partition: int, revision: int) -> None:
        self.session = session
        self.change = change
        self.partition = partition
        self.revision = revision
        self.uses = Uses(session, partition, revision)
        self.pks = self._refs()
        self.next = dict(
            zip(("episode", "entity", "relation", "memory"), session.all("write/next_pks")[0], strict=True)
        )
        self.stale: dict[str, Kind] = {}
        self.born: set[str] = set()
        self.erased = False  # whether words were taken away that must not stay in the write-ahead log
        self.doubtful: set[int] = set()  # relations that may have lost their last support
        self.names_before: dict[int, str] = {}

    def _refs(self) -> dict[str, dict[str, int]]:
        """The row numbers of all ids that the change speaks of, by kind."""
        ids: dict[str, set[str]] = {"memory": set(), "entity": set(), "relation": set(), "episode": set()}
        for operation in self.change.operations:
            match operation:
                case PutMemory(memory):
                    self._here(memory.id, memory.scope.partition)
                    ids["memory"].add(memory.id)
                    ids["entity"].update(mention.entity_id for mention in memory.mentions)
                    ids["relation"].update(memory.relation_ids)
                    ids["episode"].update(memory.episode_ids)
                case PutRelation(relation):
                    self._here(relation.id, Partition(relation.project, relation.owner))
                    ids["relation"].add(relation.id)
                    ids["entity"].update((relation.subject_id, relation.object_id))
                case PutEntity(entity):
                    self._here(entity.id, Partition(entity.project, entity.owner))
                    ids["entity"].add(entity.id)
                case PutEpisode(episode):
                    self._here(episode.id, episode.scope.partition)
                    ids["episode"].add(episode.id)
                case DropMemory(id_):
                    ids["memory"].add(id_)
                case DropEpisode(id_):
                    ids["episode"].add(id_)
        found: dict[str, dict[str, int]] = {kind: {} for kind in ids}
        self.elsewhere: set[str] = set()
        asked = {"memories": ids["memory"], "entities": ids["entity"], "relations": ids["relation"]}
        rows = self.session.all(
            "write/refs",
            episodes=json_array(ids["episode"]),
            **{name: json_array(each) for name, each in asked.items()},
        )
        for kind, id_, pk, partition in rows:
            if partition == self.partition:
                found[kind][id_] = pk
            else:
                self.elsewhere.add(id_)
        return found

    def _here(self, id_: str, partition: Partition) -> None:
        if partition != self.change.partition:
            raise self._misplaced(id_)

    def _misplaced(self, id_: str) -> InvalidInput:
        return InvalidInput(f"{id_!r} does not belong to the partition of the change {self.change.id!r}.", field="id")

    def _pk(self, kind: Kind | str, id_: str) -> tuple[int, bool]:
        """The row number to write `id` under, and whether it is new."""
        if id_ in self.elsewhere:
            raise self._misplaced(id_)
        known = self.pks[kind]
        if id_ in known:
            return known[id_], False
        known[id_] = self.next[kind]
        self.next[kind] += 1
        return known[id_], True

    def _refer(self, kind: str, id_: str) -> int:
        pk = self.pks[kind].get(id_)
        if pk is None:
            raise _conflict(self.change, f"the {kind} {id_!r} is not there any longer")
        return pk

    # -- operations

    def carry_out(self, batch: Batch) -> None:
        """Write a batch, kind by kind."""
        if batch.episodes:
            self._put_episodes(batch.episodes)
        if batch.entities:
            self._put_entities(batch.entities)
        if batch.relations:
            self._put_relations(batch.relations)
        if batch.memories:
            self._put_memories(batch.memories)
        if batch.dropped_memories:
            self._drop_memories(batch.dropped_memories)
        if batch.revisions:
            self.session.many("write/put_revision", (revision_params(each, self.partition) for each in batch.revisions))
        if batch.dropped_episodes:
            known = self.pks["episode"]
            gone = [{"pk": known.pop(id_)} for id_ in batch.dropped_episodes if id_ in known]
            self.erased = self.erased or bool(gone)
            self.session.many("write/unlink_episode", gone)
            self.session.many("write/drop_episode", gone)

    def _put_episodes(self, episodes: Iterable[Episode]) -> None:
        rows = []
        for episode in episodes:
            pk, new = self._pk("episode", episode.id)
            self.erased = self.erased or not new
            rows.append({"pk": pk, **episode_params(episode, self.partition, self.revision)})
        self.session.many("write/put_episode", rows)

    def _put_entities(self, entities: Iterable[Entity]) -> None:
        rows, old = [], []
        for entity in entities:
            pk, new = self._pk("entity", entity.id)
            if not new and pk not in self.names_before:
                old.append(pk)
            self.uses.touch(pk)
            self.stale[entity.id] = "entity"
            rows.append({"pk": pk, **entity_params(entity, self.partition, self.revision)})
        if old:
            for pk, _, name, *_ in self.session.all("write/named", pks=json_array(old)):
                self.names_before[pk] = name
        self.session.many("write/put_entity", rows)

    def _put_relations(self, relations: Iterable[Relation]) -> None:
        rows, old, ends = [], [], []
        for relation in relations:
            subject, object_ = (self._refer("entity", id_) for id_ in (relation.subject_id, relation.object_id))
            pk, new = self._pk("relation", relation.id)
            if not new:
                old.append({"pk": pk})
            row = {"pk": pk, "subject": subject, "object": object_}
            rows.append(row | relation_params(relation, self.partition, self.revision))
            created_at = rows[-1]["created_at"]
            ends += [{"entity": end, "created_at": created_at, "relation": pk} for end in {subject, object_}]
            self.doubtful.add(pk)
            self.stale[relation.id] = "relation"
        self.session.many("write/drop_endpoints", old)
        self.session.many("write/put_relation", rows)
        self.session.many("write/put_endpoint", ends)

    def _put_memories(self, memories: Iterable[Memory]) -> None:
        rows, old = [], []
        mentions: list[dict[str, Any]] = []
        states: list[dict[str, Any]] = []
        sources: list[dict[str, Any]] = []
        for memory in memories:
            pk, new = self._pk("memory", memory.id)
            if new:
                self.born.add(memory.id)
            else:
                old.append(pk)
            self.stale[memory.id] = "memory"
            row = memory_params(memory, self.partition, self.revision)
            row["pk"] = pk
            rows.append(row)
            self._mentions(memory, pk, row["created_at"], mentions)
            for id_ in memory.relation_ids:
                relation = self._refer("relation", id_)
                states.append({"memory": pk, "relation": relation})
            sources += [{"memory": pk, "episode": self._refer("episode", id_)} for id_ in memory.episode_ids]
        if old:
            self._unlink(old)
        self.session.many("write/put_memory", rows)
        self.session.many("write/put_mention", mentions)
        self.session.many("write/put_states", states)
        self.doubtful.difference_update(row["relation"] for row in states)
        self.session.many("write/put_source", sources)

    def _mentions(self, memory: Memory, pk: int, created_at: int, rows: list[dict[str, Any]]) -> None:
        seen: set[int] = set()
        for n, mention in enumerate(sorted(memory.mentions) if len(memory.mentions) > 1 else memory.mentions):
            entity = self._refer("entity", mention.entity_id)
            first = entity not in seen
            seen.add(entity)
            self.uses.count(entity, mention.name, mention.type, 1, memories=first)
            rows.append(
                {
                    "memory": pk,
                    "n": n,
                    "entity": entity,
                    "first": first,
                    "created_at": created_at,
                    "name": mention.name,
                    "type": mention.type,
                }
            )

    def _unlink(self, memories: list[int]) -> None:
        """Withdraw all links of these memories, and count what that takes away."""
        seen: set[tuple[int, int]] = set()
        for memory, entity, name, type_, relation in self.session.all("write/links", pks=json_array(memories)):
            if relation is not None:
                self.doubtful.add(relation)
                continue
            first = (memory, entity) not in seen
            seen.add((memory, entity))
            self.uses.count(entity, name, type_, -1, memories=-first)
        rows = [{"memory": pk} for pk in memories]
        for table in ("mention", "states", "source"):
            self.session.many("write/drop_" + table, rows)

    def _drop_memories(self, ids: Iterable[str]) -> None:
        known = self.pks["memory"]
        gone = {id_: known.pop(id_) for id_ in ids if id_ in known}
        if not gone:
            return
        self.erased = True
        self._unlink(list(gone.values()))
        self.session.many("write/drop_revisions", ({"memory_id": id_} for id_ in gone))
        self.session.many("write/drop_memory", ({"pk": pk} for pk in gone.values()))
        for id_ in gone:
            if id_ in self.born:
                self.stale.pop(id_, None)
            else:
                self.stale[id_] = "memory"

    # -- consequences

    def settle(self) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
        """Remove what nothing refers to, call entities by their names in use; the marks, and the removed."""
        removed: dict[str, Kind] = {}
        session = self.session
        if self.doubtful:
            idle = session.all("write/idle_relations", pks=json_array(self.doubtful))
            session.many("write/drop_endpoints", ({"pk": pk} for pk, _ in idle))
            session.many("write/drop_relation", ({"pk": pk} for pk, _ in idle))
            removed |= {id_: "relation" for _, id_ in idle}
        called = self.uses.settle(self.names_before)
        self.stale |= {each.id: "entity" for each in called if each.changed}
        if renamed := [each.pk for each in called if each.renamed and not each.gone]:
            rows = session.all("write/renamed_relations", pks=json_array(renamed), revision=self.revision)
            self.stale |= {id_: "relation" for (id_,) in rows}
        if unknown := {each.pk: each.id for each in called if each.gone}:
            # An entity stays while a relation refers to it, however it came to be that none mentions it.
            gone = [{"pk": pk} for (pk,) in session.all("write/unknown_entities", pks=json_array(unknown))]
            session.many("write/drop_entity", gone)
            removed |= {unknown[each["pk"]]: "entity" for each in gone}
        if keys := self.uses.new_keys:
            shared = session.one("write/shared_name", keys=json_array(keys), partition=self.partition)
            if shared:
                raise _conflict(self.change, f"two entities are called {shared[0]!r}")
        self.stale |= removed
        return self._marks(self.stale), self._marks(removed)

    def _marks(self, ids: dict[str, Kind]) -> tuple[Mark, ...]:
        return tuple(Mark(kind, id_, self.revision) for id_, kind in sorted(ids.items(), key=lambda each: each[::-1]))


def _conflict(change: ChangeSet, what: str) -> Conflict:
    return Conflict(
        f"The change {change.id!r} does not fit any longer: {what}.",
        hint="Read again, plan again, apply again.",
        change_ids=(change.id,),
    )
