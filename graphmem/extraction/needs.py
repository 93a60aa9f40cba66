"""What planning has to know before it can decide: one query a partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from graphmem.drafts import AGENT, SELF, MemoryDraft
from graphmem.errors import InvalidInput, TooLarge
from graphmem.extraction.board import Board
from graphmem.extraction.planned import Plan, PlanItem
from graphmem.extraction.registry import Registry
from graphmem.extraction.resolve import Selves, selves_of
from graphmem.extraction.spoken import spoken_verdict
from graphmem.models import Memory, Partition, Scope
from graphmem.queries import KnownQuery
from graphmem.text import name_key, text_key

__all__ = ["more_of", "needs", "needs_delete", "needs_update", "one_partition", "wider"]

MAX_ALIASES = 100
"""Aliases that one draft may give an entity: relations are asked for under every pair of names."""


def needs(items: Sequence[PlanItem], registry: Registry) -> KnownQuery:
    """What `plan` has to know about items of one partition. Raises `InvalidInput` if there are several, or none."""
    partition = one_partition(items)
    gathered = _Gathered(registry)
    for item in items:
        for draft in item.extraction.memories:
            verdict = spoken_verdict(item, draft)
            gathered.targets.update(draft.targets, verdict.targets if verdict else ())
            if draft.inferred:
                gathered.texts.add(text_key(draft.text))
            gathered.add(draft, item.scope)
    query = gathered.query(partition)
    recent = max(item.recent for item in items)
    if recent and len({item.scope.run_id for item in items}) == 1:
        query = replace(query, run_id=items[0].scope.run_id, last_episodes=recent)
    return query


def needs_update(memory: Memory, draft: MemoryDraft | None, registry: Registry) -> KnownQuery:
    """What `plan_update` has to know about the memory; `draft` holds what its new words state."""
    gathered = _Gathered(registry)
    gathered.targets.add(memory.id)
    if draft is not None:
        gathered.add(draft, memory.scope)
    return gathered.query(memory.scope.partition)


def needs_delete(partition: Partition, ids: Iterable[str]) -> KnownQuery:
    """What `plan_delete` has to know about the memories."""
    return KnownQuery(partition=partition, memory_ids=frozenset(ids), dependents=True)


def wider(query: KnownQuery, plan: Plan) -> KnownQuery | None:
    """The query with what `plan` met references to and lacked; None if it had all that it needs.

    Read it and plan again: at most a few times, because a query only grows.
    """
    more = plan.more
    if more is None:
        return None
    wide = replace(
        query,
        names=query.names | more.names,
        slots=query.slots | more.slots,
        pairs=query.pairs | more.pairs,
        memory_ids=query.memory_ids | more.memory_ids,
        dependents=query.dependents or more.dependents,
    )
    return None if wide == query else wide


def more_of(board: Board) -> KnownQuery | None:
    """What the board met references to and did not know; None if there was nothing."""
    if not (board.unseen or board.wanted_slots or board.wanted_pairs):
        return None
    named = {name for name, _ in board.wanted_slots} | {name for pair in board.wanted_pairs for name in pair}
    return KnownQuery(
        partition=board.partition,
        names=frozenset(named),
        slots=frozenset(board.wanted_slots),
        pairs=frozenset(board.wanted_pairs),
        memory_ids=frozenset(board.unseen),
        dependents=bool(board.unseen),
    )


def one_partition(items: Sequence[PlanItem]) -> Partition:
    """The partition of all items. Raises `InvalidInput` if there are several, or none."""
    partitions = {item.scope.partition for item in items}
    if len(partitions) != 1:
        raise InvalidInput(
            f"A plan is about one partition; these {len(items)} items are of {len(partitions)}.",
            field="items",
        )
    return partitions.pop()


class _Gathered:
    """The parts of a query, gathered from drafts."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._namesakes: list[tuple[str, str]] = []
        self.names: set[str] = set()
        self.selves: dict[str, str] = {}
        self.texts: set[str] = set()
        self.slots: set[tuple[str, str]] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.targets: set[str] = set()

    def add(self, draft: MemoryDraft, scope: Scope) -> None:
        """What one draft refers to."""
        selves = selves_of(scope)
        self._name(SELF, selves)
        for entity in draft.entities:
            key = self._name(entity.name, selves)
            if len(entity.aliases) > MAX_ALIASES:
                raise TooLarge(
                    f"An entity has {len(entity.aliases)} aliases, more than the {MAX_ALIASES} allowed.",
                    field="entities",
                    limit=MAX_ALIASES,
                    actual=len(entity.aliases),
                )
            for alias in filter(None, map(name_key, entity.aliases)):
                self.names.add(alias)
                self._namesakes.append((key, alias))
        for relation in draft.relations:
            subject, other = self._name(relation.subject, selves), self._name(relation.object, selves)
            ended = (relation.invalid_at or draft.invalid_at) is not None
            predicate = self._registry.read(relation.label, negated=relation.negated, ended=ended)
            self.pairs.add((subject, other))
            self.slots.update((subject, kin) for kin in predicate.kin)
            if predicate.naming:
                self.pairs.add((subject, subject))
                self._namesakes.append((subject, other))

    def _name(self, name: str, selves: Selves) -> str:
        key = selves.key_of(name)
        self.names.add(key)
        if name in (SELF, AGENT) and (owner := selves.self_of(key)) is not None:
            self.selves[owner] = key
        return key

    def query(self, partition: Partition) -> KnownQuery:
        """All of it, under every name that the drafts themselves give to an entity."""
        same = dict(_grouped(self._namesakes))
        if same:
            self.slots.update((each, kin) for name, kin in tuple(self.slots) for each in same.get(name, ()))
            every = ((same.get(one, (one,)), same.get(other, (other,))) for one, other in tuple(self.pairs))
            self.pairs.update(pair for ones, others in every for pair in product(ones, others))
        return KnownQuery(
            partition=partition,
            names=frozenset(self.names),
            selves=self.selves,
            texts=frozenset(self.texts),
            slots=frozenset(self.slots),
            pairs=frozenset(self.pairs),
            memory_ids=frozenset(self.targets),
            dependents=bool(self.targets),
        )


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, frozenset[str]]]:
    """Each name with all the names that the pairs connect it to."""
    groups: dict[str, set[str]] = {}
    for one, other in pairs:
        group = groups.setdefault(one, {one})
        if (joined := groups.get(other)) is not group:
            group |= joined or {other}
            groups.update(dict.fromkeys(group, group))
    return ((name, frozenset(group)) for name, group in groups.items())
