"""Rule 2: the same subject and object, the opposite polarity."""

from __future__ import annotations

import pytest

from tests.unit.planning.mind import Mind, day, draft, me, triple, year


@pytest.fixture
def mind() -> Mind:
    return Mind()


OPPOSITES = [
    (me("likes", "coffee"), me("dislikes", "coffee")),
    (me("dislikes", "coffee"), me("likes", "coffee")),
    (me("likes", "coffee"), me("likes", "coffee", negated=True)),
    (me("likes", "coffee"), me("no longer likes", "coffee")),
    (me("like", "coffee"), me("doesn't like", "Coffee")),
    (me("loves", "coffee"), me("no longer likes", "coffee")),
    (me("no longer likes", "coffee"), me("likes", "coffee")),
    (me("LIKES", "coffee"), me("DOES_NOT_LIKE", "coffee")),
    (me("joined", "Acme"), me("left", "Acme")),
    (me("left", "Acme"), me("joined", "Acme")),
    (me("works at", "Acme"), me("left", "Acme")),
    (me("works for", "Acme"), me("quit", "Acme")),
    (me("is married to", "Rui"), me("divorced", "Rui")),
    (me("owns", "a boat"), me("sold", "a boat")),
    (me("climbs", "El Capitan"), me("no longer climbs", "El Capitan")),
    (me("喜欢", "咖啡"), me("喜欢", "咖啡", negated=True)),
    (triple("Marta", "trusts", "Rui"), triple("Marta", "distrusts", "Rui")),
]

COMPATIBLE = [
    (me("likes", "coffee"), me("dislikes", "tea")),
    (me("likes", "coffee"), me("loves", "coffee")),
    (me("likes", "coffee"), me("drinks", "coffee")),
    (me("likes", "coffee"), triple("Marta", "dislikes", "coffee")),
    (me("joined", "Acme"), me("left", "Globex")),
    (me("no longer likes", "coffee"), me("hates", "coffee")),
    (me("likes", "coffee"), me("no longer loves", "coffee")),
    (triple("Marta", "likes", "Rui"), triple("Rui", "dislikes", "Marta")),
    (me("喜欢", "咖啡"), me("讨厌", "咖啡", negated=True)),
    (me("喜欢", "咖啡"), me("讨厌", "咖啡")),
]


@pytest.mark.parametrize(("before", "after"), OPPOSITES)
def test_the_earlier_one_is_retired(mind: Mind, before, after):
    mind.add(draft("One.", before))
    made = mind.add(draft("Two.", after))

    assert mind.texts() == ["Two."]
    assert len(mind.triples()) == 1
    assert mind.named("One.").superseded_by == mind.named("Two.").id
    assert [each.event for each in made.outcomes[0].results] == ["ADD", "SUPERSEDE"]


@pytest.mark.parametrize(("before", "after"), COMPATIBLE)
def test_what_can_hold_together_stays(mind: Mind, before, after):
    mind.add(draft("One.", before))
    mind.add(draft("Two.", after))

    assert mind.texts() == ["One.", "Two."]
    assert len(mind.triples()) == 2


def test_told_late_it_is_the_later_one_that_holds(mind: Mind):
    mind.add(draft("Ana likes coffee.", me("likes", "coffee", valid_at=year(2020))))
    mind.add(draft("Ana dislikes coffee.", me("dislikes", "coffee", valid_at=year(2010))))

    assert mind.texts() == ["Ana likes coffee."]
    assert mind.texts(as_of=year(2015)) == ["Ana dislikes coffee."]


def test_back_and_forth(mind: Mind):
    mind.add(draft("Ana joined Acme.", me("joined", "Acme")))
    mind.add(draft("Ana left Acme.", me("left", "Acme")))
    mind.add(draft("Ana joined Acme.", me("joined", "Acme")))

    assert mind.texts() == ["Ana joined Acme."]
    assert len(mind.all()) == 3
    assert mind.timeline("JOINED") == [("Acme", day(1), day(2), False), ("Acme", day(3), None, True)]


def test_leaving_leaves_room_for_the_next(mind: Mind):
    mind.add(draft("Ana works at Acme.", me("works at", "Acme")))
    mind.add(draft("Ana left Acme.", me("left", "Acme")))
    mind.add(draft("Ana works at Globex.", me("works at", "Globex")))

    assert mind.texts() == ["Ana left Acme.", "Ana works at Globex."]
    assert mind.timeline("WORKS_AT") == [("Acme", day(1), day(2), False), ("Globex", day(3), None, True)]


def test_an_immutable_memory_stays(mind: Mind):
    mind.add(draft("Ana likes coffee.", me("likes", "coffee"), immutable=True))
    mind.add(draft("Ana dislikes coffee.", me("dislikes", "coffee")))

    assert len(mind.texts()) == 2


def test_mixed_feelings_in_one_statement(mind: Mind):
    mind.add(draft("Ana loves and hates coffee.", me("loves", "coffee"), me("hates", "coffee")))

    assert len(mind.triples()) == 2


def test_a_denial_reads_as_one(mind: Mind):
    mind.add(draft("Ana does not like beer.", me("likes", "beer", negated=True)))
    mind.add(draft("Ana no longer likes wine.", me("no longer likes", "wine", negated=True)))

    assert {(r.type, r.label) for r in mind.relations()} == {
        ("NOT_LIKES", "not likes"),
        ("NOT_LIKES", "no longer likes"),
    }
