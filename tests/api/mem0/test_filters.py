"""mem0's filter dialect: what each form means, and that the whole means what a plain reading of it says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from api.mem0.filters import parse, read_moment
from graphmem.errors import InvalidFilter, InvalidInput, TooLarge
from graphmem.filters import MAX_DEPTH, MAX_LEAVES, MAX_VALUES, matches, pinned

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ONE = {
    "id": "0e0e0e0e-0000-4000-8000-000000000001",
    "user_id": "ana",
    "run_id": "7",
    "text": "Ana likes the Hotel Avenida.",
    "categories": ("travel", "food"),
    "observed_at": NOON,
    "updated_at": NOON + timedelta(days=1),
    "expiration_date": date(2026, 2, 28),
    "metadata": {"trip": "lisbon", "nights": 3, "paid": True, "tags": ["a", 5], "valid_at": "own", "a.b": 1},
}


@pytest.mark.parametrize(
    ("document", "holds"),
    [
        ({}, True),
        # ids, in every spelling
        ({"user_id": "ana"}, True),
        ({"userId": "ana"}, True),
        ({"user_id": "ben"}, False),
        ({"user_id": {"in": ["ben", "ana"]}}, True),
        ({"user_id": ["ben", "ana"]}, True),
        ({"user_id": {"ne": "ben"}}, True),
        ({"user_id": "*"}, True),
        ({"agent_id": "*"}, False),
        ({"agentId": None}, True),
        ({"agent_id": {"ne": "bot"}}, True),
        ({"run_id": 7}, True),
        ({"run_id": {"in": [6, 7]}}, True),
        ({"session_id": "7"}, True),
        ({"sessionId": "8"}, False),
        # groups: siblings all count
        ({"AND": [{"user_id": "ana"}, {"run_id": "7"}]}, True),
        ({"AND": [{"user_id": "ana"}], "OR": [{"run_id": "8"}]}, False),
        ({"AND": [{"user_id": "ana"}], "NOT": [{"run_id": "7"}]}, False),
        ({"and": [{"user_id": "ana"}], "not": {"run_id": "8"}}, True),
        ({"OR": [{"user_id": "ben"}, {"run_id": "7"}]}, True),
        ({"OR": {"user_id": "ben", "run_id": "7"}}, True),
        ({"OR": []}, False),
        ({"AND": []}, True),
        ({"AND": {"user_id": "ana", "run_id": "8"}}, False),
        ({"NOT": {"user_id": "ana", "run_id": "8"}}, True),
        ({"NOT": [{"user_id": "ben"}, {"run_id": "7"}]}, False),
        ({"AND": [{"OR": [{"NOT": {"AND": [{"user_id": "ben"}]}}]}]}, True),
        # moments: created_at is when it was said; a day is a whole day
        ({"created_at": {"gte": "2026-01-01", "lte": "2026-01-31"}}, True),
        ({"created_at": {"lt": "2026-01-31"}}, False),
        ({"created_at": {"gt": "2026-01-31"}}, False),
        ({"created_at": {"gt": "2026-01-30"}}, True),
        ({"created_at": "2026-01-31"}, True),
        ({"created_at": {"ne": "2026-01-31"}}, False),
        ({"created_at": {"in": ["2026-01-30", "2026-01-31"]}}, True),
        ({"created_at": {"nin": ["2026-01-31"]}}, False),
        ({"created_at": {"between": ["2026-01-31", "2026-01-31"]}}, True),
        ({"created_at": {"lte": "9999-12-31"}}, True),
        ({"created_at": {"gt": "9999-12-31"}}, False),
        ({"created_at": "*"}, True),
        ({"timestamp": {"gte": 1_769_860_800}}, True),
        ({"timestamp": {"gt": "1769860800"}}, False),
        ({"created_at": {"gte": "2026-01-31T12:00:00"}}, True),
        ({"created_at": {"lt": "2026-01-31 12:00"}}, False),
        ({"created_at": "2026-01-31T13:00:00+01:00"}, True),
        ({"updated_at": {"gte": "2026-02-01", "lte": "2026-02-01"}}, True),
        ({"expiration_date": {"gt": "2026-02-27"}}, True),
        ({"expiration_date": "2026-02-28T09:30:00Z"}, True),
        ({"expiration_date": None}, False),
        # categories
        ({"categories": "travel"}, True),
        ({"categories": ["sport", "food"]}, True),
        ({"categories": {"in": ["sport"]}}, False),
        ({"categories": {"contains": "TRAV"}}, True),
        ({"categories": {"ne": "food"}}, False),
        ({"categories": {"nin": ["sport"]}}, True),
        # metadata, with every operator
        ({"metadata": {"trip": "lisbon", "nights": {"gte": 3, "lt": 4}}}, True),
        ({"metadata": {"trip": {"in": ["porto", "lisbon"]}}}, True),
        ({"metadata": {"trip": {"nin": ["porto"]}}}, True),
        ({"metadata": {"hotel": {"ne": "x"}}}, True),
        ({"metadata": {"hotel": {"in": ["x", None]}}}, True),
        ({"metadata": {"trip": {"contains": "isb"}}}, True),
        ({"metadata": {"trip": {"contains": "ISB"}}}, False),
        ({"metadata": {"trip": {"icontains": "ISB"}}}, True),
        ({"metadata": {"tags": {"contains": "a"}}}, True),
        ({"metadata": {"tags": {"contains": 5}}}, True),
        ({"metadata": {"tags": {"contains": 6}}}, False),
        ({"metadata": {"paid": True}}, True),
        ({"metadata": {"paid": 1}}, False),
        ({"metadata": {"trip": "*"}}, True),
        ({"metadata": {"trip": {"exists": False}}}, False),
        ({"metadata": {"user_id": "ana"}}, False),
        ({"metadata": {}}, True),
        ({"metadata.trip": "lisbon"}, True),
        ({"metadata.a.b": 1}, True),
        ({"trip": "lisbon"}, True),
        ({"valid_at": "own"}, True),
        ({"nights": {"gt": 3}}, False),
        # words and ids of memories
        ({"keywords": "hotel"}, True),
        ({"keywords": {"contains": "hotel"}}, False),
        ({"keywords": {"icontains": "HOTEL"}}, True),
        ({"keywords": ["museum", "hotel"]}, True),
        ({"keywords": {"in": ["museum", "hotel"], "contains": "Ana"}}, True),
        ({"keywords_search": "museum"}, False),
        ({"text": {"icontains": "likes"}}, True),
        ({"memory_ids": ["0E0E0E0E-0000-4000-8000-000000000001"]}, True),
        ({"memory_ids": {"in": ["0e0e0e0e-0000-4000-8000-000000000002"]}}, False),
        ({"id": "0e0e0e0e-0000-4000-8000-000000000001"}, True),
    ],
)
def test_what_it_means(document: dict[str, Any], holds: bool) -> None:
    assert matches(parse(document), ONE) is holds


def test_two_users_in_one_query_are_both_owners() -> None:
    assert pinned(parse({"OR": [{"user_id": "ana"}, {"userId": "ben"}]}), "user_id") == {"ana", "ben"}
    assert pinned(parse({"user_id": {"in": ["ana", "ben"]}}), "user_id") == {"ana", "ben"}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (5, "$"),
        ([], "$"),
        ({"AND": 5}, "$.AND"),
        ({"AND": [5]}, "$.AND[0]"),
        ({5: 1}, "$.5"),
        ({"user_id": True}, "$.user_id"),
        ({"user_id": {}}, "$.user_id"),
        ({"user_id": {"near": 1}}, "$.user_id.near"),
        ({"user_id": {"in": "ana"}}, "$.user_id.in"),
        ({"user_id": {"gt": None}}, "$.user_id.gt"),
        ({"created_at": "soon"}, "$.created_at"),
        ({"created_at": {"gte": "20260131"}}, "$.created_at.gte"),
        ({"created_at": {"between": ["2026-01-01"]}}, "$.created_at.between"),
        ({"created_at": {"gte": float("nan")}}, "$.created_at.gte"),
        ({"created_at": {"gte": 10**30}}, "$.created_at.gte"),
        ({"expiration_date": "2026-02-30"}, "$.expiration_date"),
        ({"metadata": "trip"}, "$.metadata"),
        ({"metadata": {"trip": {"city": "x"}}}, "$.metadata.trip.city"),
        ({"metadata": {"trip": {"exists": 1}}}, "$.metadata.trip.exists"),
        ({"metadata": {"n": float("inf")}}, "$.metadata.n"),
        ({"metadata": {"n\0": 1}}, "$.metadata.n\0"),
        ({"keywords": {"contains": 5}}, "$.keywords.contains"),
        ({"OR": [{"x": 1}, {"x": {"gte": True}}]}, "$.OR[1].x.gte"),
    ],
)
def test_what_cannot_be_understood(document: Any, path: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(document)
    assert caught.value.path == path


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"user_id": "ana"}
    for _ in range(levels - 1):
        document = {"AND": [document]}
    return document


def test_it_nests_to_a_bound() -> None:
    assert pinned(parse(nested(MAX_DEPTH)), "user_id") == {"ana"}
    for levels in (MAX_DEPTH + 1, 900):
        with pytest.raises(TooLarge):
            parse(nested(levels))


@pytest.mark.parametrize(
    "document",
    [
        {"OR": [{"x": 1}] * MAX_LEAVES},
        {"AND": [{"AND": []}] * (MAX_LEAVES + 1)},
        {"x": {"in": list(range(MAX_VALUES + 1))}},
        {"created_at": {"in": ["2026-01-01"] * MAX_LEAVES}},
        {"text": "x" * 100_000},
    ],
)
def test_it_has_bounds(document: dict[str, Any]) -> None:
    with pytest.raises(TooLarge):
        parse(document)


def test_moments_as_people_write_them() -> None:
    assert read_moment("2026-01-31T12:00:00") == read_moment(" 1769860800 ") == read_moment(1_769_860_800.0) == NOON
    assert read_moment("2026-01-31") == NOON.replace(hour=0)
    for wrong in ("", "soon", "20260131", "2026-13-01T00:00:00", None, True):
        with pytest.raises(InvalidInput):
            read_moment(wrong)


# -- a plain reading of the dialect, written down once more


def reads(document: dict[str, Any], memory: dict[str, Any]) -> bool:
    return all(_said(name, content, memory) for name, content in document.items())


def _said(name: str, content: Any, memory: dict[str, Any]) -> bool:
    if name == "AND":
        return all(reads(each, memory) for each in content)
    if name == "OR":
        return any(reads(each, memory) for each in content)
    if name == "NOT":
        return not any(reads(each, memory) for each in content)
    if name == "metadata":
        return all(_asked(_listed(memory["metadata"].get(key)), each) for key, each in content.items())
    if name == "created_at":
        return _asked_of_moment(memory["observed_at"], content)
    if name == "categories":
        lowered = {op: value.lower() if op == "contains" else value for op, value in content.items()}
        folded = [each.lower() for each in memory["categories"]] if "contains" in content else memory["categories"]
        return _asked(list(folded), lowered)
    return _asked(_listed(memory.get(name)), content)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _same(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and isinstance(a, str) == isinstance(b, str) and a == b


def _asked(values: list[Any], content: Any) -> bool:
    if content == "*":
        return bool(values)
    if content is None:
        return not values
    if not isinstance(content, dict):
        return any(_same(each, content) for each in values)
    return all(_one(values, op, wanted) for op, wanted in content.items())


def _one(values: list[Any], op: str, wanted: Any) -> bool:
    if op in ("ne", "nin"):
        return not _one(values, {"ne": "eq", "nin": "in"}[op], wanted)
    if op == "eq":
        return any(_same(each, wanted) for each in values)
    if op == "in":
        return any(_same(each, one) for each in values for one in wanted)
    if op == "contains":
        return any(isinstance(each, str) and wanted in each for each in values)
    numbers = [each for each in values if isinstance(each, int) and not isinstance(each, bool)]
    return any(each >= wanted if op == "gte" else each < wanted for each in numbers)


def _asked_of_moment(at: datetime, content: dict[str, str]) -> bool:
    """Days only: text of the same form compares as the days do."""
    day = at.date().isoformat()
    compared = {"gt": day > content.get("gt", ""), "lte": day <= content.get("lte", "")}
    compared |= {"gte": day >= content.get("gte", ""), "lt": day < content.get("lt", "")}
    compared |= {"eq": day == content.get("eq"), "ne": day != content.get("ne")}
    return all(compared[op] for op in content)


DAYS = st.sampled_from(["2026-01-30", "2026-01-31", "2026-02-01"])
NAMES = st.sampled_from(["ana", "ben", "7"])
WORDS = st.sampled_from(["travel", "food", "Art"])
PLAIN = st.sampled_from([0, 1, 3, True, False, "x", "xy", "*", None])
METADATA = st.one_of(
    PLAIN,
    st.fixed_dictionaries(
        {}, optional={"gte": st.integers(0, 3), "lt": st.integers(0, 4), "ne": st.sampled_from([1, "x", True])}
    ).filter(bool),
    st.builds(
        lambda op, values: {op: values},
        st.sampled_from(["in", "nin"]),
        st.lists(st.sampled_from([1, "x", True]), max_size=2),
    ),
    st.builds(lambda piece: {"contains": piece}, st.sampled_from(["x", "y", "z"])),
)
CONDITIONS = st.one_of(
    st.builds(
        lambda name, value: {name: value},
        st.sampled_from(["user_id", "agent_id"]),
        st.one_of(NAMES, st.just("*"), st.none()),
    ),
    st.builds(
        lambda name, op, values: {name: {op: values}},
        st.sampled_from(["user_id", "run_id"]),
        st.sampled_from(["in", "nin"]),
        st.lists(NAMES, max_size=2),
    ),
    st.builds(lambda value: {"user_id": {"ne": value}}, NAMES),
    st.builds(lambda op, day: {"created_at": {op: day}}, st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), DAYS),
    st.builds(lambda op, value: {"categories": {op: value}}, st.sampled_from(["eq", "ne", "contains"]), WORDS),
    st.builds(lambda content: {"metadata": content}, st.dictionaries(st.sampled_from("ab"), METADATA, max_size=2)),
)
DOCUMENTS = st.recursive(
    CONDITIONS,
    lambda inner: st.builds(
        lambda groups, beside: {**beside, **groups},
        st.dictionaries(st.sampled_from(["AND", "OR", "NOT"]), st.lists(inner, max_size=3), min_size=1, max_size=2),
        CONDITIONS,
    ),
    max_leaves=8,
)
MEMORIES = st.fixed_dictionaries(
    {
        "user_id": st.one_of(st.none(), NAMES),
        "agent_id": st.one_of(st.none(), NAMES),
        "run_id": st.one_of(st.none(), NAMES),
        "categories": st.lists(WORDS, max_size=2, unique=True).map(tuple),
        "observed_at": st.datetimes(datetime(2026, 1, 30), datetime(2026, 2, 2), timezones=st.just(UTC)),
        "metadata": st.dictionaries(
            st.sampled_from("ab"),
            st.one_of(
                st.sampled_from([0, 1, 3, True, "x", "xy", None]), st.lists(st.sampled_from([1, "x", True]), max_size=2)
            ),
        ),
    }
)


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS, MEMORIES)
def test_it_means_what_it_says(document: dict[str, Any], memory: dict[str, Any]) -> None:
    expected = reads(document, memory)
    event(f"holds: {expected}")
    assert matches(parse(document), memory) is expected
