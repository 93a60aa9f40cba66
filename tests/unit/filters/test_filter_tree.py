"""The tree: what a leaf may say, when two filters are the same, and the helpers that build them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings

from graphmem.errors import InvalidFilter
from graphmem.filters import (
    FALSE,
    TRUE,
    And,
    Leaf,
    Not,
    Or,
    all_of,
    any_of,
    field_equals,
    kind_of,
    leaves,
    matches,
    metadata_key,
    negate,
    normal,
)
from graphmem.testing.strategies import documents, filters

A, B, C = (field_equals("metadata.k", value) for value in "abc")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "op", "value", "says"),
    [
        ("userid", "eq", "ana", "no field 'userid'"),
        ("metadata", "exists", None, "no field 'metadata'"),
        ("metadata.a\0b", "exists", None, "NUL"),
        ("user_id", "equals", "ana", "no operator 'equals'"),
        ("user_id", "eq", None, "not with null"),
        ("user_id", "eq", {"a": 1}, "not with an object"),
        ("user_id", "eq", ("a",), "not with a list"),
        ("user_id", "eq", 5, "'user_id' holds text"),
        ("user_id", "eq", True, "'user_id' holds text"),
        ("user_id", "in", "ana", "takes a list"),
        ("user_id", "in", ("ana", 5), "'user_id' holds text"),
        ("user_id", "exists", True, "takes no value"),
        ("categories", "gt", 1, "'categories' holds texts"),
        ("immutable", "eq", 1, "'immutable' holds booleans"),
        ("immutable", "gt", True, "have no order"),
        ("created_at", "eq", "2026-01-31", "'created_at' holds moments"),
        ("created_at", "eq", date(2026, 1, 31), "'created_at' holds moments"),
        ("created_at", "gt", datetime(2026, 1, 31), "names no time zone"),
        ("created_at", "contains", NOW, "piece of text"),
        ("expiration_date", "eq", NOW, "'expiration_date' holds days"),
        ("metadata.k", "gt", True, "have no order"),
        ("metadata.k", "contains", 5, "piece of text"),
        ("metadata.k", "eq", NOW, "write a date as the text"),
        ("metadata.k", "eq", date(2026, 1, 31), "write a date as the text"),
        ("metadata.k", "eq", float("nan"), "finite"),
        ("metadata.k", "in", (1.0, float("-inf")), "finite"),
        ("metadata.k", "eq", 2**63, "64 bits"),
        ("metadata.k", "eq", -(2**63) - 1, "64 bits"),
        pytest.param("metadata.k", "eq", 10**5000, "64 bits", id="huge"),
        ("metadata.k", "eq", "a\0b", "NUL"),
        ("metadata.k", "icontains", "\udc00", "surrogate"),
        ("metadata.k", "eq", b"a", "not with bytes"),
    ],
)
def test_a_leaf_that_cannot_be_asked_is_refused(field, op, value, says):
    with pytest.raises(InvalidFilter) as caught:
        Leaf(field, op, value)
    assert says in caught.value.message
    assert caught.value.path == field


def test_leaves_are_equal_when_they_mean_the_same():
    def k(value):
        return field_equals("metadata.k", value)

    assert k(1) == k(1.0)
    assert hash(k(1)) == hash(k(1.0))
    assert k(1) != k(True)
    assert k(0) != k(False)
    assert k("1") != k(1)
    assert k(2**53 + 1) != k(2.0**53)
    assert Leaf("metadata.k", "in", (1,)) != Leaf("metadata.k", "in", (True,))
    assert Leaf("metadata.k", "in", ("a",)) != k("a")
    assert And((k(1),)) != And((k(True),))
    assert len({k(1), k(True), k("1"), k(1.0)}) == 3
    assert k(1) != "metadata.k = 1"


def test_a_leaf_names_what_it_compares_with():
    assert A.values == ("a",)
    assert Leaf("metadata.k", "in", (1, "a")).values == (1, "a")
    assert Leaf("metadata.k", "in", ()).values == ()
    assert Leaf("metadata.k", "exists").values == ()


def test_the_tree_is_frozen_and_slotted():
    for node in (And((A,)), Or((A,)), Not(A), A):
        assert not hasattr(node, "__dict__")
        with pytest.raises(AttributeError):
            setattr(node, type(node).__match_args__[0], "changed")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "text"),
        (True, "flag"),
        (0, "number"),
        (0.5, "number"),
        (NOW, "moment"),
        (NOW.date(), "date"),
        (None, None),
        ([], None),
        ({}, None),
        (b"", None),
    ],
)
def test_every_value_has_one_kind(value, kind):
    assert kind_of(value) == kind


def test_a_metadata_key_is_all_after_the_first_dot():
    assert metadata_key("metadata.a.b") == "a.b"
    assert metadata_key("metadata.metadata.a") == "metadata.a"
    assert metadata_key("metadata.") == ""
    assert metadata_key("user_id") is None


@pytest.mark.parametrize(
    ("built", "is_"),
    [
        (all_of(), TRUE),
        (all_of(A), A),
        (all_of(A, B), And((A, B))),
        (all_of(A, TRUE, And((B, C))), And((A, B, C))),
        (all_of(A, FALSE), FALSE),
        (all_of(A, Or((B, C))), And((A, Or((B, C))))),
        (any_of(), FALSE),
        (any_of(A), A),
        (any_of(A, FALSE, Or((B, C))), Or((A, B, C))),
        (any_of(A, TRUE), TRUE),
        (negate(TRUE), FALSE),
        (negate(FALSE), TRUE),
        (negate(A), Not(A)),
        (negate(Not(A)), A),
        (normal(And((Or((Not(Not(A)),)), And((TRUE, B))))), And((A, B))),
        (normal(Not(And((Or(()), A)))), TRUE),
    ],
)
def test_helpers_build_the_normal_form(built, is_):
    assert built == is_


def test_leaves_come_in_order():
    assert list(leaves(And((A, Not(Or((B, C))), A)))) == [A, B, C, A]
    assert list(leaves(TRUE)) == []


def _is_normal(where):
    match where:
        case And(parts) | Or(parts):
            return len(parts) > 1 and all(
                type(part) is not type(where) and part not in (TRUE, FALSE) and _is_normal(part) for part in parts
            )
        case Not(part):
            return not isinstance(part, Not) and part not in (TRUE, FALSE) and _is_normal(part)
        case _:
            return True


@settings(max_examples=4 * settings().max_examples)
@given(filters(), documents())
def test_the_normal_form_is_normal_and_means_the_same(where, document):
    simple = normal(where)
    assert simple in (TRUE, FALSE) or _is_normal(simple)
    assert normal(simple) == simple
    assert matches(simple, document) == matches(where, document)
