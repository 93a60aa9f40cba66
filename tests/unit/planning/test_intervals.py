"""In whatever order facts are told, taken back and reworded: the intervals are those of the facts that stand."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise, zip_longest
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.planning.mind import Mind, day, draft, me, year

PLACES = ("Porto", "Lisbon", "Faro")


class Fact(NamedTuple):
    place: str
    start: int
    dated: bool

    def draft(self):
        return draft(str(self), me("lives in", self.place, **self._interval()), **self._interval())

    def _interval(self):
        return {"valid_at": year(2000 + self.start)} if self.dated else {}

    def told(self, number: int) -> datetime:
        return year(2100 + number) if self.dated else year(2000 + self.start)

    def __str__(self) -> str:
        return f"{self.start}: Ana lives in {self.place}."


@st.composite
def facts(draw, max_size: int = 7) -> list[Fact]:
    """In the order in which they are told; no two begin together."""
    starts = draw(st.lists(st.integers(0, 20), min_size=1, max_size=max_size, unique=True))
    return [Fact(draw(st.sampled_from(PLACES)), start, draw(st.booleans())) for start in starts]


def told(mind: Mind, told_facts: list[Fact]) -> dict[Fact, str]:
    """The ids of the memories."""
    ids = {}
    for number, fact in enumerate(told_facts):
        made = mind.add(fact.draft(), told=fact.told(number))
        ids[fact] = made.outcomes[0].results[0].memory.id
    return ids


def expected(standing: list[Fact]) -> list[tuple[str, datetime, datetime | None, bool]]:
    """The intervals that the facts make, runs of one place joined."""
    spans: list[tuple[str, datetime]] = []
    for fact in sorted(standing, key=lambda fact: fact.start):
        if not spans or spans[-1][0] != fact.place:
            spans.append((fact.place, year(2000 + fact.start)))
    ends = [start for _, start in spans[1:]]
    return [(place, start, end, end is None) for (place, start), end in zip_longest(spans, ends)]


def check(mind: Mind, standing: dict[Fact, str]) -> None:
    intervals = expected(list(standing))
    assert mind.timeline() == intervals
    for fact, memory_id in standing.items():
        memory = mind.memory(memory_id)
        start = year(2000 + fact.start)
        [end] = [end for _, since, end, _ in intervals if since <= start and (end is None or start < end)]
        assert (memory.invalid_at, memory.is_current) == (end, end is None)


@given(facts())
def test_every_order_of_telling_makes_the_same_intervals(told_facts: list[Fact]) -> None:
    mind = Mind()
    check(mind, told(mind, told_facts))


@given(facts(), st.data())
def test_what_is_deleted_leaves_no_trace(told_facts: list[Fact], data: st.DataObject) -> None:
    mind = Mind()
    standing = told(mind, told_facts)
    while standing and data.draw(st.booleans()):
        chosen = data.draw(st.lists(st.sampled_from(sorted(standing)), min_size=1, unique=True))
        mind.delete(*(standing.pop(fact) for fact in chosen))
        check(mind, standing)


@given(facts(), st.data())
def test_what_is_reworded_counts_as_it_reads_now(told_facts: list[Fact], data: st.DataObject) -> None:
    mind = Mind()
    standing = told(mind, told_facts)
    for _ in range(3):
        current = [fact for fact, key in standing.items() if mind.memory(key).is_current]
        fact = data.draw(st.sampled_from(sorted(current)))
        other = fact._replace(place=data.draw(st.sampled_from(PLACES)))
        memory_id = standing.pop(fact)
        mind.update(memory_id, *other.draft().relations, text=f"{other}!")
        standing[other] = memory_id
        check(mind, standing)


@given(facts())
def test_one_batch_is_as_good_as_many(told_facts: list[Fact]) -> None:
    mind = Mind()
    items = []
    for number, fact in enumerate(told_facts):
        episode = mind.episode(str(fact), fact.told(number))
        items.append(mind.item(fact.draft(), episodes=(episode,)))
    made = mind.plan(items, day(1))
    ids = [outcome.results[0].memory.id for outcome in made.outcomes]
    check(mind, dict(zip(told_facts, ids, strict=True)))


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=7, unique_by=lambda each: each[0]))
def test_likes_and_dislikes_alternate(told_facts: list[tuple[int, bool]]) -> None:
    mind = Mind()
    for start, liked in told_facts:
        relation = me("likes" if liked else "dislikes", "coffee", valid_at=year(2000 + start))
        mind.add(draft(f"{start} {liked}", relation, valid_at=year(2000 + start)))
    spans = sorted(
        (mind.start(relation), relation.invalid_at or year(9000), relation.type) for relation in mind.everything()
    )
    assert all(before[1] == after[0] and before[2] != after[2] for before, after in pairwise(spans))
    latest = max(told_facts)
    assert [relation.type for relation in mind.relations()] == ["LIKES" if latest[1] else "DISLIKES"]
