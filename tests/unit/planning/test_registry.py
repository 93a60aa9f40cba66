from __future__ import annotations

import pytest

from graphmem.errors import InvalidInput
from graphmem.extraction.registry import Registry, relation_type

REGISTRY = Registry()


@pytest.mark.parametrize(
    ("label", "type_"),
    [
        ("works at", "WORKS_AT"),
        ("  Works   AT ", "WORKS_AT"),
        ("worksAt", "WORKS_AT"),
        ("WORKS_AT", "WORKS_AT"),
        ("is the sister-in-law of", "IS_THE_SISTER_IN_LAW_OF"),
        ("gosta de café", "GOSTA_DE_CAFE"),
        ("2nd cousin of", "RELATED_TO"),
        ("喜欢", "RELATED_TO"),
        ("", "RELATED_TO"),
        ("`]->() DETACH DELETE n //", "DETACH_DELETE_N"),
        ("x" * 65, "RELATED_TO"),
        ("x" * 64, "X" * 64),
    ],
)
def test_words_make_a_type(label: str, type_: str) -> None:
    assert relation_type(label) == type_


@pytest.mark.parametrize(
    ("label", "type_"),
    [
        ("works for", "WORKS_AT"),
        ("is employed by", "WORKS_AT"),
        ("now works for", "WORKS_AT"),
        ("WORKS_FOR", "WORKS_FOR"),
        ("like", "LIKES"),
        ("moved to", "MOVED_TO"),
        ("also works at", "ALSO_WORKS_AT"),
        ("no longer likes", "NOT_LIKES"),
        ("does not like", "NOT_LIKES"),
        ("doesn't like anymore", "NOT_LIKES"),
        ("don’t have", "NOT_HAS"),
        ("does not study at", "NOT_STUDIES_AT"),
        ("is no longer married to", "NOT_IS_MARRIED_TO"),
        ("DOES_NOT_LIKE", "DOES_NOT_LIKE"),
    ],
)
def test_labels_mean_the_usual_type(label: str, type_: str) -> None:
    assert REGISTRY.read(label).type == type_


def test_labels_keep_their_words() -> None:
    assert REGISTRY.read("works  for").label == "works for"
    assert REGISTRY.read("WORKS_FOR").label == "works for"
    assert REGISTRY.read("喜欢").label == "喜欢"


def test_a_negated_label_is_a_denial_once() -> None:
    assert REGISTRY.read("likes", negated=True).type == "NOT_LIKES"
    assert REGISTRY.read("likes", negated=True).label == "not likes"
    assert REGISTRY.read("no longer likes", negated=True).type == "NOT_LIKES"
    assert REGISTRY.read("LIKES", negated=True).type == "NOT_LIKES"
    assert REGISTRY.read("喜欢", negated=True).type == "NOT_RELATED_TO"
    assert REGISTRY.read("x" * 64, negated=True).type == "NOT_RELATED_TO"


def test_a_past_tense_is_the_type_only_with_an_end() -> None:
    assert REGISTRY.read("lived in", ended=True).type == "LIVES_IN"
    assert REGISTRY.read("lived in").type == "LIVED_IN"
    assert REGISTRY.read("lived in").slot is None
    assert REGISTRY.read("LIVED_IN", ended=True).type == "LIVED_IN"


def test_a_slot_is_filled_by_several_types() -> None:
    lives, moved, resides = REGISTRY.read("lives in"), REGISTRY.read("moved to"), REGISTRY.read("RESIDES_IN")
    assert lives.slot == moved.slot == resides.slot == "residence"
    assert {"LIVES_IN", "MOVED_TO", "RESIDES_IN"} <= lives.kin
    assert REGISTRY.read("likes").slot is None
    assert REGISTRY.read("does not live in").slot is None


def test_each_favourite_is_a_slot_of_its_own() -> None:
    color, food = REGISTRY.read("favorite color is"), REGISTRY.read("favorite food is")
    assert color.slot is not None
    assert color.slot != food.slot


@pytest.mark.parametrize(
    ("one", "other", "opposed"),
    [
        ("LIKES", "DISLIKES", True),
        ("LOVES", "HATES", True),
        ("LIKES", "LOVES", False),
        ("DISLIKES", "HATES", False),
        ("LIKES", "NOT_LIKES", True),
        ("LOVES", "NOT_LIKES", True),
        ("LIKES", "NOT_LOVES", False),
        ("NOT_LIKES", "DISLIKES", False),
        ("NOT_LIKES", "NOT_HATES", False),
        ("LIKE", "DOES_NOT_LIKE", True),
        ("JOINED", "LEFT", True),
        ("WORKS_FOR", "LEFT", True),
        ("LIVES_IN", "MOVED_FROM", True),
        ("LIVES_IN", "LEFT", False),
        ("OWNS", "SOLD", True),
        ("CLIMBS", "NOT_CLIMBS", True),
        ("CLIMBS", "CLIMBS", False),
        ("CLIMBS", "EATS", False),
    ],
)
def test_what_excludes_what(one: str, other: str, opposed: bool) -> None:
    assert REGISTRY.opposed(one, other) is opposed
    assert REGISTRY.opposed(other, one) is opposed


def test_a_project_adds_its_own() -> None:
    registry = Registry(
        {
            "functional": {"desk": ["SITS_AT"], "employer": []},
            "opposites": [{"positive": ["FUNDS"], "negative": ["DEFUNDED"]}],
            "same": {"SITS_AT": ["IS_SEATED_AT"], "LIVES_IN": ["DWELLS_IN"]},
        }
    )
    assert registry.read("is seated at").slot == "desk"
    assert registry.read("works at").slot is None
    assert registry.read("dwells in").slot == registry.read("RESIDES_IN").slot == "residence"
    assert registry.opposed("FUNDS", "DEFUNDED")
    assert REGISTRY.read("works at").slot == "employer"
    assert not REGISTRY.opposed("FUNDS", "DEFUNDED")


@pytest.mark.parametrize(
    "extra",
    [
        {"funktional": {}},
        {"functional": ["LIVES_IN"]},
        {"functional": {"home": "LIVES_IN"}},
        {"functional": {"home": ["lives in"]}},
        {"opposites": [{"positive": ["LIKES"]}]},
        {"opposites": [{"positive": ["LIKES"], "negative": []}]},
        {"opposites": {"LIKES": "HATES"}},
        {"negations": {"NOT": 1}},
        {"negations": {"not": ""}},
        {"same": {"lives in": ["DWELLS_IN"]}},
        {"same": {"LIVES_IN": ["DWELLS_*"]}},
        {"past": {"lives in": ["DWELT_IN"]}},
        [],
        {"naming": "IS_NAMED"},
    ],
)
def test_another_shape_is_refused(extra: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Registry(extra)


def test_many_labels_do_not_pile_up() -> None:
    registry = Registry()
    for number in range(20_000):
        registry.read(f"sees number {number}")
    assert len(registry._predicates) <= 16_384
    assert registry.read("lives in").slot == "residence"
