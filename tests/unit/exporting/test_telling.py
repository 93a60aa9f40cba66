"""Profiles and summaries without a model: true, ordered, and no longer than they may be."""

from __future__ import annotations

from graphmem.exporting import profile_of, summary_of
from tests.unit.exporting.conftest import SAID, World, memory, world


def life() -> World:
    return world(
        ("Ana", "LIKES", "tea"),
        ("Ana", "LIVES_IN", "Lisbon"),
        ("Ana", "WORKS_AT", "Acme"),
        ("Ana", "WORKS_AS", "engineer"),
        ("Ana", "HAS_SISTER", "Marta"),
        ("Ana", "IS", "vegetarian"),
        ("Ana", "LIKES", "jazz"),
        ("Ana", "OWNS", "boat"),
        ("Rui", "MANAGES", "Ana"),
        ("Marta", "WORKS_AT", "Critical Software"),
        memories=[memory("The sea was cold at Ostia", 20, categories=("travel",))],
        aliases={"Ana": ["Ana Silva"]},
    )


def test_a_profile_has_what_is_known_by_relation() -> None:
    assert profile_of(life()) == {
        "name": "Ana",
        "aliases": ["Ana Silva"],
        "facts": {
            "likes": ["tea", "jazz"],
            "lives in": ["Lisbon"],
            "works at": ["Acme"],
            "works as": ["engineer"],
            "has sister": ["Marta"],
            "is": ["vegetarian"],
            "owns": ["boat"],
        },
        "incoming": {"manages": ["Rui"]},
        "categories": {"travel": 1},
        "memories": 11,
        "first_seen": SAID.isoformat(),
        "last_seen": SAID.replace(day=22).isoformat(),
    }


def test_a_profile_of_nobody_known() -> None:
    assert profile_of(world(own=None)) == {
        "name": None,
        "aliases": [],
        "facts": {},
        "incoming": {},
        "categories": {},
        "memories": 0,
        "first_seen": None,
        "last_seen": None,
    }


def test_a_summary_tells_who_work_places_people_likes_and_what_was_last() -> None:
    assert summary_of(life()) == (
        "Ana is vegetarian. Ana works as engineer and works at Acme. Rui manages Ana. Ana lives in Lisbon. "
        "Ana has sister Marta. Ana likes jazz and tea. Ana owns boat. "
        "The sea was cold at Ostia. Marta works at Critical Software."
    )


def test_a_summary_is_no_longer_than_it_may_be() -> None:
    whole = summary_of(life())
    for length in range(0, len(whole) + 20, 7):
        text = summary_of(life(), length)
        assert len(text) <= length
        assert "…" in text or all(sentence in whole for sentence in text.split(". "))
    assert summary_of(life(), 55) == "Ana is vegetarian. Rui manages Ana. Ana owns boat."


def test_many_objects_are_counted() -> None:
    known = world(*[("Ana", "LIKES", f"thing {n}") for n in range(9)])
    assert summary_of(known).startswith("Ana likes thing 8, thing 7, thing 6, thing 5, thing 4 and 4 more.")


def test_without_relations_the_best_memories_tell() -> None:
    notes = world(memories=[memory("First note", 1), memory("Second note!", 2)], own=None)
    assert summary_of(notes) == "Second note! First note."
    assert summary_of(notes, 16) == "Second note!"
    assert summary_of(notes, 8) == "Second…"


def test_nothing_known_is_told_in_no_words() -> None:
    assert summary_of(world()) == ""


def test_somebody_without_a_name_is_the_user() -> None:
    known = world(("Ana", "LIKES", "tea"), ("Bea", "LIKES", "figs"), ("Rui", "MANAGES", "Bea"))
    two = World(
        **{
            **{name: getattr(known, name) for name in known.__dataclass_fields__},
            "own": ("e-ana", "e-bea"),
            "owner": None,
        }
    )
    assert summary_of(two) == "Rui manages the user. The user likes figs and tea."
