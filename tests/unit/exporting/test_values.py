"""What was told, in words, becomes the value that a place can hold, or none."""

from __future__ import annotations

from typing import Any

import pytest

from graphmem.exporting import read_schema
from graphmem.exporting.values import ABSENT, distinct, typed
from tests.unit.exporting.conftest import NOW, SAID, day, obj

STRING, DATE = {"type": "string"}, {"type": "string", "format": "date"}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (STRING, "tea", "tea"),
        (STRING, 7, "7"),
        (STRING, True, ABSENT),
        (STRING, NOW, "2026-06-01"),
        (STRING, ["tea"], ABSENT),
        (DATE, "2026-05-07", "2026-05-07"),
        (DATE, "yesterday", "2026-03-01"),
        (DATE, NOW, "2026-06-01"),
        (DATE, "soon", ABSENT),
        (DATE, 7, ABSENT),
        ({"type": "string", "format": "date-time"}, NOW, "2026-06-01T00:00:00Z"),
        ({"type": "string", "format": "date-time"}, "2026-05-07", "2026-05-07T00:00:00Z"),
        ({"type": "integer"}, "34 years", 34),
        ({"type": "integer"}, "1,200 boxes", 1200),
        ({"type": "integer"}, "-3", -3),
        ({"type": "integer"}, "3.5", ABSENT),
        ({"type": "number"}, "3.5 kg", 3.5),
        ({"type": "number"}, "none", ABSENT),
        ({"type": "number"}, "9" * 400, ABSENT),
        ({"type": "integer"}, True, ABSENT),
        ({"type": "integer"}, NOW, 2026),
        ({"type": "integer", "maximum": 5}, 7, ABSENT),
        ({"type": "boolean"}, False, False),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, "no", False),
        ({"type": "boolean"}, "perhaps", ABSENT),
        ({"type": "boolean"}, 1, ABSENT),
        ({"type": "object"}, {"a": 1}, {"a": 1}),
        ({"type": "object"}, "a", ABSENT),
        ({}, 7, 7),
        ({}, "tea", "tea"),
        ({"enum": ["part time", "full_time"]}, "Full time, mostly", "full_time"),
        ({"enum": ["time", "full_time"]}, "full time", "full_time"),
        ({"enum": ["a", 3]}, "about 3", 3),
        ({"enum": [True, 1]}, 1, 1),
        ({"enum": ["a"]}, NOW, ABSENT),
    ],
)
def test_a_value_is_read_as_its_place_has_it(schema: Any, value: Any, expected: Any) -> None:
    read = read_schema(obj(a=schema))
    [node] = read.alternatives(read.root["properties"]["a"])
    found = typed(read, node, value, SAID, day)
    assert found is ABSENT if expected is ABSENT else (found == expected and type(found) is type(expected))


def test_each_value_once() -> None:
    assert distinct(["Tea", "tea", 1, 1.0, {"a": 1}, {"a": 1}]) == ["Tea", 1, 1.0, {"a": 1}]


def test_what_is_absent_says_so() -> None:
    assert repr(ABSENT) == "ABSENT"
