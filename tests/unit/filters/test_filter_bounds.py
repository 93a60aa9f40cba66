"""Asking wider, equality tokens, and whose memory a filter reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from graphmem.errors import InvalidInput
from graphmem.filters import (
    FALSE,
    TRUE,
    And,
    Leaf,
    Not,
    Or,
    alternatives,
    equality_tokens,
    field_equals,
    leaves,
    matches,
    normal,
    parse_filter,
    pinned,
    token,
    values,
    widen,
)
from graphmem.testing.strategies import documents, filters, metadata, scalars, scopes

SCOPE = ("user_id", "agent_id", "app_id", "run_id")
EQ = field_equals("metadata.k", "a")
HAS = Leaf("metadata.k", "contains", "a")

# --- widening ---------------------------------------------------------------------------------------------


def only_eq(leaf):
    return leaf.op == "eq"


@pytest.mark.parametrize(
    ("asked", "wider"),
    [
        (EQ, EQ),
        (HAS, TRUE),
        (Not(EQ), Not(EQ)),
        (Not(HAS), TRUE),
        (Not(Not(HAS)), TRUE),
        (And((EQ, HAS)), EQ),
        (Or((EQ, HAS)), TRUE),
        (Not(And((EQ, HAS))), TRUE),
        (Not(Or((EQ, HAS))), Not(EQ)),
        (And((EQ, Or((HAS, EQ)), Not(Or((HAS, EQ))))), And((EQ, Not(EQ)))),
        (TRUE, TRUE),
        (FALSE, FALSE),
        (And((FALSE, HAS)), FALSE),
    ],
)
def test_what_cannot_be_said_widens(asked, wider):
    assert widen(asked, only_eq) == wider


@settings(max_examples=4 * settings().max_examples)
@given(filters(max_leaves=10), documents(), st.randoms(use_true_random=False))
def test_wider_is_never_narrower(where, document, random):
    able = {leaf: random.random() < 0.5 for leaf in leaves(where)}
    wider = widen(where, able.__getitem__)
    event(f"kept {sum(able.values()) > 0}, matched {matches(where, document)}")
    assert all(able[leaf] for leaf in leaves(wider))
    if matches(where, document):
        assert matches(wider, document)


@settings(max_examples=2 * settings().max_examples)
@given(filters())
def test_a_target_that_can_say_all_is_asked_all(where):
    assert widen(where, lambda _: True) == normal(where)


@settings(max_examples=2 * settings().max_examples)
@given(filters())
def test_a_target_that_can_say_nothing_is_asked_nothing(where):
    assert widen(where, lambda _: False) in (TRUE, FALSE)


# --- tokens -----------------------------------------------------------------------------------------------


def test_tokens_are_typed_and_exact():
    def t(value, field="metadata.k"):
        return token(field, value)

    assert t(1) == t(1.0)
    assert t(0) == t(-0.0)
    assert t(2**53) == t(2.0**53)
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert t(noon) == t(noon.astimezone(timezone(timedelta(hours=2))))
    different = [
        *(1, True, "1", "true", 1.5, 2**53, 2**53 + 1, "", "a", "A", "\u00e9", "e\u0301", 0, False, 1e300),
        *(noon, noon.isoformat(), date(2026, 1, 31), "2026-01-31"),
    ]
    assert len({t(value) for value in different}) == len(different)
    assert t("a") != t("a", "metadata.K")
    assert t('b"', "metadata.a") != t("b", 'metadata.a"')
    assert t("a", "categories") != t("a", "metadata.categories")


def test_tokens_never_change():
    # They are stored: another encoding needs every index rebuilt.
    assert token("metadata.trip", "lisbon") == "11c7678133c2722f2b89094abb7ba986"
    assert token("metadata.ключ", 1) == "b54ccc4f25a946164988a27dabcb187f"


def test_tokens_of_a_memory():
    found = equality_tokens(
        {"a.b": "x", "list": [1, "1", None, True, {"o": 1}, ["y"]], "none": None, "object": {"x": 1}},
        categories=("food", "旅行"),
    )
    assert found == {
        token("metadata.a.b", "x"),
        token("metadata.list", 1),
        token("metadata.list", "1"),
        token("metadata.list", True),
        token("categories", "food"),
        token("categories", "旅行"),
    }
    assert equality_tokens({}) == frozenset()


@settings(max_examples=4 * settings().max_examples)
@given(metadata(), scalars(), st.data())
def test_a_token_is_there_exactly_when_equality_holds(content, value, data):
    document = {"metadata": content}
    for key in content:
        field = f"metadata.{key}"
        known = [v for v in values(document, field) if isinstance(v, str | int | float)]
        wanted = data.draw(st.sampled_from([*known, value]))
        assert (token(field, wanted) in equality_tokens(content)) == matches(field_equals(field, wanted), document)


# --- whose memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "users"),
    [
        ({"user_id": "ana"}, {"ana"}),
        ({"user_id": ["ana", "bob"]}, {"ana", "bob"}),
        ({"user_id": ["ana", "bob"], "AND": [{"user_id": ["bob", "eve"]}]}, {"bob"}),
        ({"user_id": "ana", "k": 1}, {"ana"}),
        ({"OR": [{"user_id": "ana"}, {"user_id": "bob", "k": 1}]}, {"ana", "bob"}),
        ({"OR": [{"user_id": "ana"}, {"k": 1}]}, None),
        ({"OR": [{"user_id": "ana"}, {"agent_id": "bot"}]}, None),
        ({"OR": [{"user_id": "ana"}, {"agent_id": "bot"}], "user_id": ["ana", "bob"]}, {"ana", "bob"}),
        ({"AND": [{"user_id": "ana"}, {"user_id": "bob"}]}, set()),
        ({"OR": []}, set()),
        ({"user_id": []}, set()),
        ({"user_id": "ana", "OR": []}, set()),
        ({}, None),
        ({"k": 1}, None),
        ({"user_id": "*"}, None),
        ({"user_id": None}, None),
        ({"user_id": {"ne": "ana"}}, None),
        ({"user_id": {"contains": "ana"}}, None),
        ({"user_id": {"gte": "ana", "lte": "ana"}}, None),
        ({"metadata.user_id": "ana"}, None),
        ({"NOT": {"OR": [{"user_id": {"ne": "ana"}}, {"k": 1}]}}, {"ana"}),
        ({"NOT": {"AND": [{"user_id": {"ne": "ana"}}, {"user_id": {"ne": "bob"}}]}}, {"ana", "bob"}),
        ({"NOT": {"AND": [{"user_id": {"ne": "ana"}}, {"k": 1}]}}, None),
    ],
)
def test_what_a_filter_pins(document, users):
    assert pinned(parse_filter(document), "user_id") == users


def test_only_single_texts_can_be_pinned():
    for field in ("categories", "metadata.k", "created_at", "immutable", "nothing"):
        with pytest.raises(InvalidInput):
            pinned(TRUE, field)


def test_alternatives_name_several_owners():
    where = parse_filter({"OR": [{"user_id": "ana"}, {"agent_id": "bot", "run_id": ["7", "8"]}, {"user_id": "bob"}]})
    assert alternatives(where, SCOPE) == (
        {"user_id": {"ana"}},
        {"agent_id": {"bot"}, "run_id": {"7", "8"}},
        {"user_id": {"bob"}},
    )
    both = parse_filter({"run_id": "7", "OR": [{"run_id": "8"}, {"user_id": "ana"}]})
    assert alternatives(both, SCOPE) == ({"run_id": {"7"}, "user_id": {"ana"}},)
    assert alternatives(TRUE, SCOPE) == ({},)
    assert alternatives(FALSE, SCOPE) == ()
    assert alternatives(parse_filter({"OR": [{"user_id": "ana"}, {"k": 1}]}), SCOPE) == ({},)


def _crossed(number, first=0):
    """2 ** number ways, all open to ana and bot."""
    return {
        "AND": [
            {"OR": [{"user_id": ["ana", f"u{i}"]}, {"agent_id": ["bot", f"a{i}"]}]}
            for i in range(first, first + number)
        ]
    }


def _distinct(group):
    """512 ways, no two the same."""
    names = [f"{group}{i}" for i in range(9)]
    but = [["ana", "bot", *names[:i], *names[i + 1 :]] for i in range(9)]
    return {"AND": [{"OR": [{"user_id": each}, {"agent_id": each}]} for each in but]}


@pytest.mark.parametrize(
    "document",
    [
        {"OR": [_distinct(group) for group in "abc"]},
        _crossed(3),
        _crossed(30),
        {**_crossed(30), "user_id": "ana", "agent_id": "bot"},
        {"OR": [_crossed(9, first) for first in range(0, 495, 9)]},
    ],
)
def test_alternatives_stay_few_and_true(document):
    where = parse_filter(document)
    memory = {"user_id": "ana", "agent_id": "bot"}
    assert matches(where, memory)
    ways = alternatives(where, SCOPE)
    assert 1 <= len(ways) <= 1_000
    assert any(all(memory[field] in texts for field, texts in way.items()) for way in ways)


def test_a_pin_outlives_too_many_alternatives():
    where = parse_filter({"AND": [_crossed(30), {"user_id": "ana"}]})
    assert pinned(where, "user_id") == {"ana"}
    names = [f"u{i}" for i in range(100)]
    one_by_one = {"OR": [{"user_id": name} for name in names]}
    others = {"OR": [{"user_id": name} for name in names[50:] + [f"v{i}" for i in range(50)]]}
    where = parse_filter({"AND": [one_by_one, others]})
    assert pinned(where, "user_id") == set(names[50:])


_naming = st.one_of(
    st.builds(field_equals, st.sampled_from(SCOPE[:2]), st.sampled_from(["ana", "bob"])),
    st.builds(Leaf, st.sampled_from(SCOPE[:2]), st.just("in"), st.sampled_from([("ana", "bob"), ("bob",), ()])),
)
_naming_filters = st.recursive(
    st.one_of(_naming, _naming, _naming, filters(over=[*SCOPE, "metadata.trip"], max_leaves=1)),
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        part.map(lambda p: Not(Not(p))) | part.map(Not),
    ),
    max_leaves=8,
)


@settings(max_examples=4 * settings().max_examples)
@given(_naming_filters, st.lists(scopes(), min_size=5, max_size=10))
def test_pins_and_alternatives_are_sound(where, documents):
    ways = alternatives(where, SCOPE)
    pins = {field: pinned(where, field) for field in SCOPE}
    for document in documents:
        if matches(where, document):
            event(f"a match is pinned: {any(texts is not None for texts in pins.values())}, ways: {len(ways)}")
            assert all(texts is None or document.get(field) in texts for field, texts in pins.items())
            assert any(all(document.get(field) in texts for field, texts in way.items()) for way in ways)
