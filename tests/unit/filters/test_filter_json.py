"""The native JSON form: what it says, what it refuses and where, and that the tree can be written again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmem.errors import InvalidFilter, InvalidInput, TooLarge
from graphmem.filters import (
    FALSE,
    OPS,
    TRUE,
    And,
    Leaf,
    Not,
    Or,
    field_equals,
    normal,
    parse_filter,
    parse_leaf,
    resolve_field,
    unparse_filter,
)
from graphmem.testing.strategies import KEYS, filters

ANA, BOB = field_equals("user_id", "ana"), field_equals("user_id", "bob")
MIDNIGHT = datetime(2026, 1, 31, tzinfo=UTC)


def k(op, value=None, key="k"):
    return Leaf(f"metadata.{key}", op, value)


@pytest.mark.parametrize(
    ("document", "tree"),
    [
        # groups
        ({}, TRUE),
        ({"user_id": "ana"}, ANA),
        ({"user_id": "ana", "k": 1}, And((ANA, k("eq", 1)))),
        ({"AND": []}, TRUE),
        ({"OR": []}, FALSE),
        ({"NOT": []}, TRUE),
        ({"NOT": {}}, FALSE),
        ({"AND": [{"user_id": "ana"}]}, ANA),
        ({"and": [{"user_id": "ana"}, {"k": 1}]}, And((ANA, k("eq", 1)))),
        ({"OR": ({"user_id": "ana"}, {"user_id": "bob"})}, Or((ANA, BOB))),
        ({"or": [{"OR": [{"user_id": "ana"}]}, {"user_id": "bob"}]}, Or((ANA, BOB))),
        ({"NOT": {"user_id": "ana"}}, Not(ANA)),
        ({"not": {"user_id": "ana", "k": 1}}, Not(And((ANA, k("eq", 1))))),
        ({"NOT": [{"user_id": "ana"}]}, Not(ANA)),
        ({"NOT": [{"user_id": "ana"}, {"user_id": "bob"}]}, Not(Or((ANA, BOB)))),
        ({"NOT": {"NOT": {"user_id": "ana"}}}, ANA),
        # siblings all count
        (
            {"AND": [{"k": 1}], "OR": [{"user_id": "ana"}, {"user_id": "bob"}], "NOT": [{"k": 2}], "k": 3},
            And((k("eq", 1), Or((ANA, BOB)), Not(k("eq", 2)), k("eq", 3))),
        ),
        # bare values
        ({"k": "a"}, k("eq", "a")),
        ({"k": True}, k("eq", True)),
        ({"k": 1.5}, k("eq", 1.5)),
        ({"k": [1, "a"]}, k("in", (1, "a"))),
        ({"k": []}, k("in", ())),
        ({"k": None}, Not(k("exists"))),
        ({"k": "*"}, k("exists")),
        # operators and spellings
        ({"k": {"eq": "*"}}, k("eq", "*")),
        ({"k": {"eq": None}}, Not(k("exists"))),
        ({"k": {"ne": 1}}, Not(k("eq", 1))),
        ({"k": {"ne": None}}, k("exists")),
        ({"k": {"in": ["*"]}}, k("in", ("*",))),
        ({"k": {"nin": [1, 2]}}, Not(k("in", (1, 2)))),
        ({"k": {"between": [1, 2]}}, And((k("gte", 1), k("lte", 2)))),
        ({"k": {"gt": 1, "lt": 5, "ne": 3}}, And((k("gt", 1), k("lt", 5), Not(k("eq", 3))))),
        ({"k": {"contains": "a"}}, k("contains", "a")),
        ({"k": {"icontains": "a"}}, k("icontains", "a")),
        ({"k": {"exists": True}}, k("exists")),
        ({"k": {"exists": False}}, Not(k("exists"))),
        ({"categories": "food"}, field_equals("categories", "food")),
        ({"immutable": {"in": [True]}}, Leaf("immutable", "in", (True,))),
        # metadata
        ({"metadata": {}}, TRUE),
        ({"metadata": {"k": 1, "user_id": "ana"}}, And((k("eq", 1), k("eq", "ana", key="user_id")))),
        ({"metadata": {"k": {"gt": 1}}}, k("gt", 1)),
        ({"metadata": {"AND": "a"}}, k("eq", "a", key="AND")),
        ({"metadata": {"metadata": 1}}, k("eq", 1, key="metadata")),
        ({"metadata.k": {"gt": 1}}, k("gt", 1)),
        ({"metadata.OR": 1}, k("eq", 1, key="OR")),
        ({"metadata.timestamp": 1}, k("eq", 1, key="timestamp")),
        ({"a.b": 1}, k("eq", 1, key="a.b")),
        ({'q"': 1}, k("eq", 1, key='q"')),
        ({"": 1}, k("eq", 1, key="")),
        ({"k": "2026-01-31"}, k("eq", "2026-01-31")),
        # times
        ({"created_at": "2026-01-31"}, field_equals("created_at", MIDNIGHT)),
        ({"timestamp": {"gte": "2026-01-31T00:00:00Z"}}, Leaf("observed_at", "gte", MIDNIGHT)),
        ({"valid_at": {"in": [MIDNIGHT.timestamp()]}}, Leaf("valid_at", "in", (MIDNIGHT,))),
        ({"invalid_at": None}, Not(Leaf("invalid_at", "exists"))),
        ({"updated_at": "*"}, Leaf("updated_at", "exists")),
        ({"expiration_date": {"lt": "2026-01-31"}}, Leaf("expiration_date", "lt", date(2026, 1, 31))),
        ({"expiration_date": date(2026, 1, 31)}, field_equals("expiration_date", date(2026, 1, 31))),
    ],
)
def test_what_it_says(document, tree):
    assert parse_filter(document) == tree


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-31T12:30:00Z", MIDNIGHT.replace(hour=12, minute=30)),
        ("2026-01-31t12:30z", MIDNIGHT.replace(hour=12, minute=30)),
        ("2026-01-31 12:30:00+00:00", MIDNIGHT.replace(hour=12, minute=30)),
        ("2026-01-31T01:00:00+02:00", datetime(2026, 1, 30, 23, tzinfo=UTC)),
        ("2026-01-30T19:00-0500", MIDNIGHT),
        ("2026-01-31T00:00:00.1234567Z", MIDNIGHT.replace(microsecond=123456)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1.5, datetime(1969, 12, 31, 23, 59, 58, 500_000, UTC)),
        (datetime(2026, 1, 31, 2, tzinfo=timezone(timedelta(hours=2))), MIDNIGHT),
        (date(2026, 1, 31), MIDNIGHT),
    ],
)
def test_moments_are_read_into_utc(value, moment):
    leaf = parse_filter({"created_at": {"gt": value}})
    assert leaf == Leaf("created_at", "gt", moment)
    assert leaf.value.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-01-31T12:00:00", "names no time zone"),
        (datetime(2026, 1, 31), "names no time zone"),
        ("2026-02-30", "not a moment: day"),
        ("2026-01-31T25:00:00Z", "not a moment: hour"),
        ("yesterday", "'yesterday' is not a moment"),
        ("", "'' is not a moment"),
        ("20121231123", "not a moment"),
        ("1769860800", "not a moment"),
        ("２０２６-01-31", "not a moment"),
        ("2026-01-31T12:00:00Z; DROP", "not a moment"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("9999-12-31T23:59:59-14:00", "out of range"),
        (1_769_860_800_000_000, "out of range"),
        (1e308, "out of range"),
        (float("inf"), "out of range"),
        pytest.param(10**5000, "out of range", id="huge"),
        (float("nan"), "not a moment"),
        (True, "not a moment"),
        ({}, "condition is empty"),
        ([], None),
    ],
)
def test_moments_that_cannot_be_meant(value, says):
    if says is None:
        assert parse_filter({"created_at": value}) == Leaf("created_at", "in", ())
        return
    with pytest.raises(InvalidFilter) as caught:
        parse_filter({"created_at": value})
    assert says in caught.value.message
    assert caught.value.hint
    assert caught.value.path == "$.created_at"


@pytest.mark.parametrize(
    ("document", "path", "says"),
    [
        (None, "$", "not null"),
        ([], "$", "not a list"),
        ("user_id", "$", "not text"),
        ({"AND": {"k": 1}}, "$.AND", "AND takes a list of objects, not an object"),
        ({"OR": "x"}, "$.OR", "OR takes a list"),
        ({"NOT": "x"}, "$.NOT", "NOT takes an object or a list"),
        ({"NOT": None}, "$.NOT", "not null"),
        ({"AND": [{"k": 1}, 5]}, "$.AND[1]", "not a number"),
        ({"AND": [[{"k": 1}]]}, "$.AND[0]", "not a list"),
        ({"k": {"near": 1}}, "$.k.near", "no operator 'near'"),
        ({"k": {"$gt": 1}}, '$.k["$gt"]', "no operator '$gt'"),
        ({"k": {"gt": 1, "inner": 2}}, "$.k.inner", "no operator 'inner'"),
        ({"$or": [{"k": 1}]}, '$["$or"]', "not with an object"),
        ({"And": [{"k": 1}]}, "$.And", "not with an object"),
        ({"k": {}}, "$.k", "condition is empty"),
        ({"k": {"in": 1}}, "$.k.in", "take a list"),
        ({"k": {"in": {"a": 1}}}, "$.k.in", "take a list"),
        ({"k": {"nin": "ab"}}, "$.k.nin", "take a list"),
        ({"k": {"in": [{"a": 1}]}}, "$.k.in", "not with an object"),
        ({"k": [1, None]}, "$.k[1]", "Null cannot be compared"),
        ({"k": [1, [2]]}, "$.k", "not with a list"),
        ({"k": {"gt": None}}, "$.k.gt", "Null cannot be compared"),
        ({"k": {"eq": [1]}}, "$.k.eq", "not with a list"),
        ({"k": {"gt": True}}, "$.k.gt", "no order"),
        ({"k": {"contains": 5}}, "$.k.contains", "piece of text"),
        ({"k": {"between": [1]}}, "$.k.between", "two values"),
        ({"k": {"between": 1}}, "$.k.between", "two values"),
        ({"k": {"between": [1, None]}}, "$.k.between[1]", "Null"),
        ({"k": {"exists": 1}}, "$.k.exists", "true or false"),
        ({"k": {"exists": None}}, "$.k.exists", "true or false"),
        ({"k": float("nan")}, "$.k", "finite"),
        ({"k": float("inf")}, "$.k", "finite"),
        ({"k": 2**63}, "$.k", "64 bits"),
        ({"k": "a\0"}, "$.k", "NUL"),
        ({"k": "\ud800"}, "$.k", "surrogate"),
        ({"a\0": 1}, '$["a\\u0000"]', "NUL"),
        ({"k": MIDNIGHT}, "$.k", "write a date as the text"),
        ({"k": object()}, "$.k", "not with object"),
        ({"user_id": 5}, "$.user_id", "'user_id' holds text"),
        ({"user_id": True}, "$.user_id", "a boolean"),
        ({"user_id": ["ana", 5]}, "$.user_id", "'user_id' holds text"),
        ({"immutable": "true"}, "$.immutable", "'immutable' holds booleans"),
        ({"categories": {"gt": 1}}, "$.categories.gt", "'categories' holds texts"),
        ({"created_at": {"contains": "2026-01-31"}}, "$.created_at.contains", "piece of text"),
        ({"created_at": {"in": ["2026-01-31", "x"]}}, "$.created_at.in[1]", "'x' is not a moment"),
        ({"expiration_date": "2026-01-31T00:00:00Z"}, "$.expiration_date", "not a day"),
        ({"expiration_date": "2026-02-30"}, "$.expiration_date", "not a day: day"),
        ({"expiration_date": MIDNIGHT}, "$.expiration_date", "not a day"),
        ({"expiration_date": 5}, "$.expiration_date", "not a day"),
        ({"metadata": "x"}, "$.metadata", "'metadata' takes an object"),
        ({"metadata": None}, "$.metadata", "'metadata' takes an object"),
        ({"metadata": "*"}, "$.metadata", "'metadata' takes an object"),
        ({"metadata": {"a": {"b": 1}}}, "$.metadata.a.b", "no operator 'b'"),
        ({"a.b": {"near": 1}}, '$["a.b"].near', "no operator"),
        ({5: 1}, "$", "not a number"),
        ({"k": {5: 1}}, "$.k", "not a number"),
        ({"metadata": {None: 1}}, "$.metadata", "not null"),
        (
            {"AND": [{"k": 1}, {"OR": [{"NOT": [{"created_at": {"gt": "soon"}}]}]}]},
            "$.AND[1].OR[0].NOT[0].created_at.gt",
            "'soon' is not a moment",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(document, path, says):
    with pytest.raises(InvalidFilter) as caught:
        parse_filter(document)
    assert caught.value.path == path
    assert says in caught.value.message
    assert path in caught.value.message


def test_an_unknown_operator_names_the_known_ones():
    with pytest.raises(InvalidFilter) as caught:
        parse_filter({"k": {"like": "a%"}})
    for op in (*OPS, "ne", "nin", "between"):
        assert op in caught.value.hint


# --- bounds -----------------------------------------------------------------------------------------------


def nested(levels, name="AND"):
    document = {"user_id": "ana"}
    for _ in range(levels - 1):
        document = {name: {**document}} if name == "NOT" else {name: [document]}
    return document


@pytest.mark.parametrize("name", ["AND", "OR", "NOT"])
def test_depth_is_bounded(name):
    parse_filter(nested(32, name))
    for levels in (33, 1_000, 50_000):
        with pytest.raises(TooLarge) as caught:
            parse_filter(nested(levels, name))
        assert (caught.value.limit, caught.value.actual) == (32, 33)
        assert caught.value.path.startswith(f"$.{name}")
    assert parse_filter(nested(5, "AND"), max_depth=5) == ANA
    with pytest.raises(TooLarge):
        parse_filter(nested(6), max_depth=5)


def test_a_document_that_contains_itself_is_too_deep():
    document = {}
    document["AND"] = [document]
    with pytest.raises(TooLarge):
        parse_filter(document)


@pytest.mark.parametrize(
    "grow",
    [
        lambda n: {"OR": [{"k": i} for i in range(n)]},
        lambda n: {f"k{i}": i for i in range(n)},
        lambda n: {"metadata": {f"k{i}": i for i in range(n)}},
        lambda n: {"AND": [{"k": {"gt": 1, "lt": 5}} for _ in range(n // 2)] + [{"k": 1}] * (n % 2)},
        lambda n: {"OR": [{}] * n},
        lambda n: {"OR": [{"AND": []}] * n},
        lambda n: {"OR": [{"metadata": {}}] * n},
    ],
)
def test_the_number_of_conditions_is_bounded(grow):
    parse_filter(grow(1_000))
    with pytest.raises(TooLarge) as caught:
        parse_filter(grow(1_001))
    assert (caught.value.limit, caught.value.actual) == (1_000, 1_001)
    with pytest.raises(TooLarge):
        parse_filter(grow(11), max_leaves=10)


def test_lists_are_bounded_all_together():
    parse_filter({"k": list(range(10_000))})
    for document in (
        {"k": list(range(10_001))},
        {"k": {"nin": list(range(10_001))}},
        {"OR": [{"k": [1] * 1_001}] * 10},
    ):
        with pytest.raises(TooLarge) as caught:
            parse_filter(document)
        assert caught.value.limit == 10_000


@pytest.mark.parametrize("condition", [lambda t: t, lambda t: [t], lambda t: {"icontains": t}])
def test_texts_are_bounded(condition):
    assert parse_filter({"text": condition("x" * 10_000)})
    with pytest.raises(TooLarge) as caught:
        parse_filter({"text": condition("x" * 10_001)})
    assert (caught.value.limit, caught.value.actual) == (10_000, 10_001)
    with pytest.raises(TooLarge):
        parse_filter({"created_at": condition("x" * 10_001)})


def test_keys_are_bounded_and_shortened_in_paths():
    with pytest.raises(TooLarge):
        parse_filter({"x" * 10_001: 1})
    with pytest.raises(InvalidFilter) as caught:
        parse_filter({"x" * 10_000: {"near": 1}})
    assert len(str(caught.value)) < 500


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["AND", "OR", "NOT", "metadata", "user_id", "created_at", "k", *OPS, "ne", "nin", "between"]
            ),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=4 * settings().max_examples)
@given(json_like)
def test_anything_is_read_or_refused_and_never_crashes(document):
    tree, refusal = None, None
    try:
        tree = parse_filter(document)
    except InvalidInput as error:
        refusal = error
    if refusal:
        assert refusal.path.startswith("$")
        assert refusal.path in refusal.message
    else:
        assert normal(tree) == tree


# --- writing it again -------------------------------------------------------------------------------------


@settings(max_examples=4 * settings().max_examples)
@given(filters(max_leaves=12))
def test_what_is_written_is_read_back(tree):
    document = unparse_filter(tree)
    through_json = json.loads(json.dumps(document))
    assert parse_filter(document, max_depth=100) == normal(tree)
    assert parse_filter(through_json, max_depth=100) == normal(tree)
    assert unparse_filter(parse_filter(document, max_depth=100)) == unparse_filter(normal(tree))


def test_the_canonical_form():
    tree = parse_filter(
        {
            "user_id": "ana",
            "trip": ["a", 1],
            "hotel": None,
            "created_at": {"between": ["2026-01-31", "2026-02-01T02:00:00.5+02:00"]},
            "expiration_date": "2026-01-31",
        }
    )
    assert unparse_filter(tree) == {
        "AND": [
            {"user_id": {"eq": "ana"}},
            {"metadata.trip": {"in": ["a", 1]}},
            {"NOT": {"metadata.hotel": {"exists": True}}},
            {"created_at": {"gte": "2026-01-31T00:00:00Z"}},
            {"created_at": {"lte": "2026-02-01T00:00:00.500000Z"}},
            {"expiration_date": {"eq": "2026-01-31"}},
        ]
    }
    elsewhere = MIDNIGHT.astimezone(timezone(timedelta(hours=2)))
    assert unparse_filter(field_equals("valid_at", elsewhere)) == {"valid_at": {"eq": "2026-01-31T00:00:00Z"}}
    assert unparse_filter(TRUE) == {"AND": []}
    assert unparse_filter(FALSE) == {"OR": []}


# --- for other dialects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_every_key_can_be_named(key):
    wanted = k("eq", 1, key=key)
    assert parse_filter({"metadata": {key: 1}}) == wanted
    assert parse_filter({f"metadata.{key}": 1}) == wanted


def test_names_are_resolved():
    assert resolve_field("user_id") == "user_id"
    assert resolve_field("timestamp") == "observed_at"
    assert resolve_field("metadata.user_id") == "metadata.user_id"
    assert resolve_field("trip") == "metadata.trip"
    assert resolve_field("a.b") == "metadata.a.b"


def test_one_leaf_from_json_values():
    assert parse_leaf("created_at", "gt", "2026-01-31") == Leaf("created_at", "gt", MIDNIGHT)
    assert parse_leaf("id", "in", ["a"]) == Leaf("id", "in", ("a",))
    with pytest.raises(InvalidFilter) as caught:
        parse_leaf("user_id", "eq", 5, path="$.filters.user_id")
    assert caught.value.path == "$.filters.user_id"
