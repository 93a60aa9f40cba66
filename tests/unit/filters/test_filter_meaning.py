"""The meaning of filters, as a table, and the laws it obeys."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import event, given, settings

from graphmem.filters import FALSE, TRUE, And, Leaf, Not, Or, field_equals, matches, values
from graphmem.testing.strategies import documents, filters

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NESTED = {"inner": 1}


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({}, ()),
        ({"k": None}, ()),
        ({"k": []}, ()),
        ({"k": [None]}, ()),
        ({"k": "a"}, ("a",)),
        ({"k": ""}, ("",)),
        ({"k": False}, (False,)),
        ({"k": 0}, (0,)),
        ({"k": ["a", None, 1]}, ("a", 1)),
        ({"k": ("a", "b")}, ("a", "b")),
        ({"k": NESTED}, (NESTED,)),
        ({"k": {}}, ({},)),
        ({"k": [["a"], NESTED]}, (["a"], NESTED)),
        ({"k": [[]]}, ([],)),
    ],
)
def test_a_field_is_a_set_of_values(metadata, found):
    assert values({"metadata": metadata}, "metadata.k") == found


def test_fields_that_are_absent_are_empty():
    assert values({}, "user_id") == ()
    assert values({}, "metadata.k") == ()
    assert values({"metadata": None}, "metadata.k") == ()


@pytest.mark.parametrize(
    ("has", "op", "value", "holds"),
    [
        # eq and in
        ("a", "eq", "a", True),
        ("a", "eq", "A", False),
        ("\u00e9", "eq", "e\u0301", False),
        (["a", "b"], "eq", "b", True),
        (["a", "b"], "eq", "c", False),
        ("a", "in", ("b", "a"), True),
        ("a", "in", (), False),
        (["a", "b"], "in", ("c", "b"), True),
        (1, "in", ("1", True, 1.0), True),
        (1, "in", ("1", True), False),
        # kinds do not mix
        (1, "eq", True, False),
        (True, "eq", 1, False),
        (True, "eq", True, True),
        (False, "eq", 0, False),
        ("1", "eq", 1, False),
        (1, "eq", "1", False),
        ("10", "gt", 9, False),
        (10, "gt", "9", False),
        (True, "gte", 0, False),
        # numbers are exact
        (1, "eq", 1.0, True),
        (0, "eq", -0.0, True),
        (2**53, "eq", 2.0**53, True),
        (2**53 + 1, "eq", 2.0**53, False),
        (2**53 + 1, "gt", 2.0**53, True),
        (2**53 + 1, "eq", 2**53 + 1, True),
        (0.1, "eq", 0.1, True),
        (2**63 - 1, "lt", 2.0**63, True),
        # order
        (5, "gt", 5, False),
        (5, "gte", 5, True),
        (5, "lt", 5.5, True),
        (5, "lte", 4, False),
        ([1, 9], "gt", 5, True),
        ("b", "gt", "a", True),
        ("a", "gt", "B", True),
        ("\uffff", "lt", "😀", True),
        ("ab", "gt", "a", True),
        # pieces of text
        ("Lisbon trip", "contains", "bon t", True),
        ("Lisbon", "contains", "LIS", False),
        ("Lisbon", "contains", "", True),
        (5, "contains", "5", False),
        (["a", "xyz"], "contains", "y", True),
        ("東京都", "contains", "京", True),
        ("Lisbon", "icontains", "LIS", True),
        ("\u00c1rvore", "icontains", "arv", True),
        ("arvore", "icontains", "A\u0301R", True),
        ("Stra\u00dfe", "icontains", "SSE", True),
        ("100%", "contains", "0%", True),
        ("100", "contains", "_", False),
        # nothing, and what is opaque
        (None, "eq", "a", False),
        ([], "in", ("a",), False),
        (NESTED, "eq", "inner", False),
        (NESTED, "eq", 1, False),
        ([NESTED], "contains", "inner", False),
        ([["a"]], "eq", "a", False),
        # exists
        ("", "exists", None, True),
        (False, "exists", None, True),
        (None, "exists", None, False),
        ([], "exists", None, False),
        ([None], "exists", None, False),
        ({}, "exists", None, True),
        ([[]], "exists", None, True),
    ],
)
def test_leaves(has, op, value, holds):
    leaf = Leaf("metadata.k", op, value)
    assert matches(leaf, {"metadata": {"k": has}}) is holds
    assert matches(Not(leaf), {"metadata": {"k": has}}) is not holds


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("user_id", "eq", "ana", True),
        ("agent_id", "eq", "ana", False),
        ("agent_id", "exists", None, False),
        ("categories", "eq", "food", True),
        ("categories", "contains", "oo", True),
        ("immutable", "eq", False, True),
        ("created_at", "eq", NOON.astimezone(timezone(timedelta(hours=2))), True),
        ("created_at", "gt", NOON - timedelta(microseconds=1), True),
        ("created_at", "lt", NOON, False),
        ("invalid_at", "gt", NOON, False),
        ("expiration_date", "lte", date(2026, 2, 1), True),
        ("expiration_date", "lt", date(2026, 2, 1), False),
        ("metadata.user_id", "eq", "ana", False),
        ("metadata.user_id", "eq", "bob", True),
        ("metadata.a.b", "eq", "dotted", True),
        ("metadata.a", "eq", "nested", False),
        ("metadata.a", "exists", None, True),
    ],
)
def test_fixed_fields(field, op, value, holds):
    document = {
        "user_id": "ana",
        "agent_id": None,
        "categories": ("food", "travel"),
        "immutable": False,
        "created_at": NOON,
        "expiration_date": date(2026, 2, 1),
        "metadata": {"user_id": "bob", "a.b": "dotted", "a": {"b": "nested"}},
    }
    assert matches(Leaf(field, op, value), document) is holds


def test_empty_groups():
    assert matches(TRUE, {})
    assert not matches(FALSE, {})


def test_groups_and_complement():
    a, b = field_equals("metadata.k", "a"), field_equals("metadata.k", "b")
    both, one, none = ({"metadata": {"k": k}} for k in (["a", "b"], "a", None))
    assert [matches(And((a, b)), d) for d in (both, one, none)] == [True, False, False]
    assert [matches(Or((a, b)), d) for d in (both, one, none)] == [True, True, False]
    assert [matches(Not(b), d) for d in (both, one, none)] == [False, True, True]


@settings(max_examples=4 * settings().max_examples)
@given(filters(max_leaves=4), filters(max_leaves=4), documents())
def test_de_morgan_and_complement(a, b, document):
    def holds(where):
        return matches(where, document)

    event(f"matches: {holds(a)}")
    assert holds(Not(And((a, b)))) == holds(Or((Not(a), Not(b))))
    assert holds(Not(Or((a, b)))) == holds(And((Not(a), Not(b))))
    assert holds(Not(a)) is not holds(a)
    assert holds(And((a, Not(a)))) is False
    assert holds(Or((a, Not(a)))) is True
