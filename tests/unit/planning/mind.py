"""A mind to test planning with: plans, the oracle store they are applied to, and short words for drafts."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from graphmem.drafts import SELF, EntityDraft, Extraction, MemoryDraft, RelationDraft
from graphmem.extraction.plan import (
    Plan,
    PlanItem,
    needs,
    needs_delete,
    needs_update,
    plan,
    plan_delete,
    plan_update,
    wider,
)
from graphmem.extraction.registry import Registry
from graphmem.models import Entity, Episode, Memory, Origin, Relation, Revision, Scope
from graphmem.queries import Known, KnownQuery, MemoryQuery, RelationQuery, View
from graphmem.testing.oracle import OracleStore

ANA = Scope(user_id="ana")
T0 = datetime(2024, 1, 1, tzinfo=UTC)
REGISTRY = Registry()

Answer = TypeVar("Answer")


def day(number: float) -> datetime:
    """So many days after T0."""
    return T0 + timedelta(days=number)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def triple(subject: str, label: str, object_: str, **more: Any) -> RelationDraft:
    return RelationDraft(subject=subject, label=label, object=object_, **more)


def me(label: str, object_: str, **more: Any) -> RelationDraft:
    return triple(SELF, label, object_, **more)


def draft(text: str, *relations: RelationDraft, entities: Sequence[str | EntityDraft] = (), **more: Any) -> MemoryDraft:
    named = tuple(EntityDraft(name=each) if isinstance(each, str) else each for each in entities)
    return MemoryDraft(text=text, relations=relations, entities=named, **more)


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine that never waits returns."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")


class Mind:
    """An oracle store that is planned for; each deed is a day after the one before."""

    def __init__(self, scope: Scope = ANA, registry: Registry = REGISTRY) -> None:
        self.store = OracleStore()
        self.scope = scope
        self.registry = registry
        self.today = 0
        self._random = Random(17)

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))

    # -- deeds

    def add(self, *drafts: MemoryDraft, told: datetime | None = None, text: str | None = None, **more: Any) -> Plan:
        """One add of one message."""
        self.today += 1
        at = day(self.today)
        scope = more.get("scope", self.scope)
        episode = self.episode(text or " ".join(each.text for each in drafts), told or at, scope=scope)
        return self.plan([self.item(*drafts, episodes=(episode,), **more)], at)

    def episode(self, content: str, told: datetime, **more: Any) -> Episode:
        scope = more.pop("scope", self.scope)
        return Episode(id=self.new_id(), scope=scope, content=content, observed_at=told, created_at=told, **more)

    def item(self, *drafts: MemoryDraft, model: str | None = "m", **more: Any) -> PlanItem:
        origin = Origin(extractor="test", model=model)
        extraction = Extraction(memories=drafts, origin=origin, refused=more.pop("refused", ()))
        return PlanItem(scope=more.pop("scope", self.scope), extraction=extraction, **more)

    def plan(self, items: Sequence[PlanItem], at: datetime) -> Plan:
        def make(known: Known) -> Plan:
            return plan(items, known, at=at, change_id=self.new_id(), registry=self.registry, by="test")

        return self.carry_out(needs(items, self.registry), make)

    def update(self, memory_id: str, *relations: RelationDraft, text: str | None = None, **changes: Any) -> Plan:
        self.today += 1
        at = day(self.today)
        new = None if text is None else draft(text, *relations, entities=changes.pop("entities", ()))

        def make(known: Known) -> Plan:
            return plan_update(
                memory_id,
                known,
                text=text,
                draft=new,
                changes=changes,
                at=at,
                change_id=self.new_id(),
                registry=self.registry,
            )

        return self.carry_out(needs_update(self.memory(memory_id), new, self.registry), make)

    def delete(self, *ids: str) -> Plan:
        self.today += 1
        at = day(self.today)

        def make(known: Known) -> Plan:
            return plan_delete(
                ids,
                known,
                at=at,
                change_id=self.new_id(),
                registry=self.registry,
                by="test",
                partition=self.scope.partition,
            )

        return self.carry_out(needs_delete(self.scope.partition, ids), make)

    def carry_out(self, query: KnownQuery, make: Callable[[Known], Plan]) -> Plan:
        """Read, plan, read more where the plan asks for it, apply."""
        made = make(self.known(query))
        for _ in range(4):
            wide = wider(query, made)
            if wide is None:
                break
            query, made = wide, make(self.known(wide))
        else:
            raise AssertionError("the plan never has enough")
        run(self.store.apply(made.changes))
        self.check()
        return made

    def known(self, query: KnownQuery) -> Known:
        [known] = run(self.store.known(query))
        return known

    # -- looking

    @property
    def view(self) -> View:
        return View(project="default", today=day(self.today).date())

    def memories(self, **view: Any) -> list[Memory]:
        """All that the view shows, oldest first."""
        query = MemoryQuery(view=replace(self.view, **view), newest_first=False, limit=10_000)
        return list(run(self.store.find(query)).items)

    def texts(self, **view: Any) -> list[str]:
        return [memory.text for memory in self.memories(**view)]

    def all(self) -> list[Memory]:
        return self.memories(include_superseded=True, include_expired=True)

    def memory(self, memory_id: str) -> Memory:
        return self.store.state.memories[memory_id]

    def named(self, text: str) -> Memory:
        """The one memory with that text, retired or not."""
        [memory] = [each for each in self.all() if each.text == text]
        return memory

    def relations(self, **view: Any) -> list[Relation]:
        return list(run(self.store.relations(RelationQuery(view=replace(self.view, **view), limit=10_000))).items)

    def triples(self, **view: Any) -> list[tuple[str, str, str]]:
        """(subject, type, object) by name, sorted."""
        return sorted(self.said(relation) for relation in self.relations(**view))

    def said(self, relation: Relation) -> tuple[str, str, str]:
        entities = self.store.state.entities
        return entities[relation.subject_id].name, relation.type, entities[relation.object_id].name

    def timeline(self, type_: str = "LIVES_IN") -> list[tuple[str, datetime | None, datetime | None, bool]]:
        """(object, since, until, holds) of all relations of a type in the order in which they began."""
        found = [relation for relation in self.everything() if relation.type == type_]
        found.sort(key=lambda relation: (self.start(relation), relation.created_at, relation.id))
        return [(self.said(r)[2], self.start(r), r.invalid_at, r.is_current) for r in found]

    def everything(self) -> list[Relation]:
        """All relations, retired ones too, with the memories that state them."""
        state = self.store.state
        found = []
        for relation in state.relations.values():
            stating = tuple(sorted(m.id for m in state.memories.values() if relation.id in m.relation_ids))
            found.append(replace(relation, memory_ids=stating))
        return found

    def start(self, relation: Relation) -> datetime:
        told = [self.memory(key).observed_at for key in relation.memory_ids]
        return relation.valid_at or min(told)

    def entities(self) -> dict[str, Entity]:
        """By name."""
        return {entity.name: entity for entity in self.store.state.entities.values()}

    def names(self, name: str) -> frozenset[str]:
        return self.store.state.names(self.entities()[name].id)

    def history(self, memory_id: str) -> list[Revision]:
        """Of this memory alone."""
        found = run(self.store.history("default", memory_id))
        return [revision for revision in found if revision.memory_id == memory_id]

    def events(self, memory_id: str) -> list[str]:
        return [revision.event.value for revision in self.history(memory_id)]

    def episodes(self) -> dict[str, Episode]:
        """By content."""
        return {episode.content: episode for episode in self.store.state.episodes.values()}

    # -- what always holds

    def check(self) -> None:
        """The invariants of every state that a plan may leave."""
        state = self.store.state
        relations = {relation.id: relation for relation in self.everything()}
        for memory in state.memories.values():
            assert memory.superseded_by is None or memory.superseded_by in state.memories
            assert memory.superseded_by is None or memory.expired_at is not None
            assert memory.superseded_by != memory.id
            if not memory.is_current:
                assert memory.invalid_at is not None
                was_over = memory.valid_at is None and memory.invalid_at <= memory.observed_at
                assert was_over or memory.invalid_at >= (memory.valid_at or memory.observed_at)
                assert not memory.immutable
            history = self.history(memory.id)
            assert history[0].event.value == "ADD"
            assert history[-1].state == memory.state()
        for relation in relations.values():
            assert relation.memory_ids
            assert relation.superseded_by is None or relation.superseded_by in state.memories
            assert relation.superseded_by is None or relation.expired_at is not None
            if relation.valid_at and relation.invalid_at:
                assert relation.valid_at <= relation.invalid_at
            if not relation.is_current:
                assert relation.invalid_at is not None
        for memory in state.memories.values():
            stated = [relations[key] for key in memory.relation_ids]
            others = [r for r in stated if r.superseded_by != memory.id]
            if memory.is_current and not memory.immutable and others:
                in_line = [r for r in stated if r.is_current or r.superseded_by not in (None, memory.id)]
                assert not in_line or any(relation.is_current for relation in stated)
