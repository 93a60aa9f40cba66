"""Long random lives: whatever is said, taken back and reworded, in whatever order, the invariants hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmem.drafts import AGENT, SELF, EntityDraft, MemoryDraft
from graphmem.errors import Conflict, InvalidInput, NotFound
from graphmem.extraction.plan import Plan, needs, needs_delete, needs_update, plan, plan_delete, plan_update, wider
from graphmem.queries import KnownQuery
from tests.unit.planning.mind import Mind, day, draft, triple, year

LABELS = ("lives in", "moved to", "likes", "dislikes", "no longer likes", "moved away from", "has dog", "is named")
NAMES = (SELF, SELF, "Marta", "Tita", AGENT)
THINGS = ("Porto", "Lisbon", "Rex", "Marta")
VERDICTS = ("new", "new", "new", "supersedes", "retracts", "rewords", "repeats")

years = st.none() | st.integers(2000, 2030).map(year)


@st.composite
def relations(draw):
    start = draw(years)
    end = draw(st.none() | st.none() | st.integers(2000, 2030).map(year))
    if start is not None and end is not None and end <= start:
        end = None
    return triple(
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(LABELS)),
        draw(st.sampled_from(THINGS)),
        valid_at=start,
        invalid_at=end,
        negated=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def drafts(draw, targets: tuple[str, ...]) -> MemoryDraft:
    chosen = draw(st.lists(st.sampled_from(targets), max_size=2, unique=True)) if targets else []
    return draft(
        draw(st.sampled_from("ABCDE")),
        *draw(st.lists(relations(), max_size=3)),
        entities=draw(st.lists(st.sampled_from(["Porto", EntityDraft(name="Marta", aliases=("Tita",))]), max_size=1)),
        verdict=draw(st.sampled_from(VERDICTS)),
        targets=tuple(chosen),
        valid_at=draw(years),
        immutable=draw(st.integers(0, 9)) == 0,
        inferred=draw(st.booleans()),
    )


def deed(mind: Mind, data: st.DataObject) -> tuple[KnownQuery, Callable[[Any], Plan]]:
    """Something to do: what has to be known, and the planning."""
    mind.today += data.draw(st.sampled_from((1, 1, 1, 500)), label="days")
    at = day(mind.today)
    ids = tuple(memory.id for memory in mind.all())
    kinds = ["add", "add", "add", *(["delete", "update"] if ids else [])]
    kind = data.draw(st.sampled_from(kinds), label="kind")
    options: dict[str, Any] = {"at": at, "change_id": mind.new_id(), "registry": mind.registry, "new_id": mind.new_id}
    if kind == "add":
        items = []
        for _ in range(data.draw(st.integers(1, 3))):
            told = data.draw(st.just(at) | st.integers(2000, 2030).map(year))
            made = data.draw(st.lists(drafts(ids), min_size=1, max_size=2))
            items.append(mind.item(*made, episodes=(mind.episode("said", told),)))
        return needs(items, mind.registry), lambda known: plan(items, known, **options)
    chosen = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
    if kind == "delete":
        partition = mind.scope.partition
        return needs_delete(partition, chosen), lambda known: plan_delete(chosen, known, partition=partition, **options)
    new = data.draw(drafts(()))
    memory = mind.memory(chosen[0])
    text = f"{new.text}!"
    return (
        needs_update(memory, new, mind.registry),
        lambda known: plan_update(chosen[0], known, text=text, draft=new, **options),
    )


def do(mind: Mind, query: KnownQuery, make: Callable[[Any], Plan]) -> bool:
    """Whether it could be done: what is immutable or past is not reworded."""
    try:
        mind.carry_out(query, make)
    except (InvalidInput, NotFound):
        return False
    return True


@given(st.data())
def test_invariants_hold(data: st.DataObject) -> None:
    mind = Mind()
    for _ in range(data.draw(st.integers(1, 8))):
        do(mind, *deed(mind, data))


@given(st.data())
def test_when_all_is_deleted_nothing_is_left(data: st.DataObject) -> None:
    mind = Mind()
    for _ in range(data.draw(st.integers(1, 5))):
        do(mind, *deed(mind, data))
    ids = [memory.id for memory in mind.all()]
    order = data.draw(st.permutations(ids))
    half = len(order) // 2
    mind.delete(*order[:half])
    for key in order[half:]:
        mind.delete(key)

    state = mind.store.state
    assert (state.memories, state.relations, state.entities, state.episodes) == ({}, {}, {}, {})


def likeness(mind: Mind) -> list[Any]:
    """The state without its ids."""
    texts = {memory.id: memory.text for memory in mind.all()}
    names = {entity.id: entity.name for entity in mind.store.state.entities.values()}
    memories = [
        (
            m.text,
            m.valid_at,
            m.invalid_at,
            m.expired_at,
            texts.get(m.superseded_by or ""),
            m.immutable,
            len(m.episode_ids),
        )
        for m in mind.all()
    ]
    said = [
        (names[r.subject_id], r.type, names[r.object_id], r.valid_at, r.invalid_at, r.expired_at, len(r.memory_ids))
        for r in mind.everything()
    ]
    return [sorted(memories, key=repr), sorted(said, key=repr), sorted(names.values())]


@given(st.data())
def test_a_stale_plan_conflicts_or_does_what_a_fresh_one_would(data: st.DataObject) -> None:
    mind = Mind()
    for _ in range(data.draw(st.integers(0, 4))):
        do(mind, *deed(mind, data))
    first, (query, make) = deed(mind, data), deed(mind, data)
    try:
        stale = make(mind.known(query))
        if (wide := wider(query, stale)) is not None:
            stale = make(mind.known(wide))
    except (InvalidInput, NotFound):
        return
    do(mind, *first)
    before = mind.store.state.copied()
    [coroutine] = [mind.store.apply(stale.changes)]
    try:
        coroutine.send(None)
    except StopIteration:
        done = likeness(mind)
        mind.store.state = before
        if do(mind, query, make):
            assert likeness(mind) == done
    except Conflict:
        pass


@pytest.mark.parametrize("seed", range(3))
def test_the_ids_come_from_the_caller(seed: int) -> None:
    """The same items, moment and ids: the same plan to the last byte."""

    def made() -> Plan:
        numbers = iter(range(seed, 10_000))
        mind = Mind()
        item = mind.item(draft("Ana lives in Porto.", triple(SELF, "lives in", "Porto")), episodes=())
        known = mind.known(needs([item], mind.registry))
        return plan([item], known, at=day(1), change_id="c", registry=mind.registry, new_id=lambda: str(next(numbers)))

    assert made() == made()
