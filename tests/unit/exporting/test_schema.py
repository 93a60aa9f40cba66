"""A caller's schema is judged at the door, and nothing of it is ever fetched."""

from __future__ import annotations

import json
import socket
import time
from itertools import pairwise
from typing import Any

import pytest

from graphmem.errors import InvalidInput, TooLarge
from graphmem.exporting import read_schema
from graphmem.exporting.patterns import is_safe
from tests.unit.exporting.conftest import TEXT, obj

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
A = {"$ref": "#/$defs/A"}
CHAIN = {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(90)}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = {"type": "object", "properties": {"inner": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (None, "schema"),
        ([], "schema"),
        ("{}", "schema"),
        ({"type": "object", "properties": {"a": {1, 2}}}, "schema"),
        ({"type": "object", "default": float("nan")}, "schema"),
        ({"type": "thing"}, "schema.type"),
        ({"type": "object", "properties": {"a": {"type": 7}}}, "schema.properties.a.type"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "schema.properties.a.pattern"),
        ({"$schema": "http://example.com/mine", "type": "object"}, "schema.$schema"),
        ({"$schema": 7, "type": "object"}, "schema.$schema"),
        ({"$schema": "http://json-schema.org/draft-03/schema#", "type": "object"}, "schema.$schema"),
        (obj(a={"$ref": "http://example.com/person.json"}), "schema.$ref"),
        (obj(a={"$ref": "person.json"}), "schema.$ref"),
        (obj(a={"$ref": "#person"}), "schema.$ref"),
        (obj(a={"$ref": "#/$defs/None"}), "schema.$ref"),
        ({**obj(a={"$ref": "#/$defs"}), "$defs": {"B": TEXT}}, "schema.$ref"),
        ({**obj(a={"$ref": "#/examples/0"}), "examples": [{"type": "string"}]}, "schema.$ref"),
        ({**obj(), "allOf": [{"$ref": "#/anyOf/7"}]}, "schema.$ref"),
        (obj(a={"$dynamicRef": "#a"}), "schema"),
        (obj(a={"$id": "http://example.com/a", "type": "string"}), "schema.$id"),
        ({"type": "array"}, "schema.type"),
        ({"type": "string"}, "schema.type"),
        ({"type": "null"}, "schema.type"),
        ({"$ref": "#"}, "schema.$ref"),
        ({**obj(a=A), "$defs": {"A": {"$ref": "#/$defs/B"}, "B": A}}, "schema.$ref"),
        ({**obj(a=TEXT), "anyOf": [{"$ref": "#"}, TEXT]}, "schema.$ref"),
        ({**obj(me={"$ref": "#"}), "required": ["me"]}, "schema.$ref"),
        ({**obj(us={"type": "array", "minItems": 1, "items": {"$ref": "#"}}), "required": ["us"]}, "schema.$ref"),
        (obj(a={"type": "string", "pattern": "(a+)+$"}), "schema.pattern"),
        ({"type": "object", "patternProperties": {"(x|y)*z": TEXT}}, "schema.pattern"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(schema: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_schema(schema)
    assert caught.value.field == field
    assert caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "description": "x" * 65_536},
        nested(40),
        {**obj(a={"$ref": "#/$defs/0"}), "$defs": CHAIN | {"90": TEXT}},
        {
            **obj(a={"$ref": "#/$defs/0"}),
            "$defs": {str(n): obj(**{f"p{i}": {"$ref": f"#/$defs/{n + 1}"} for i in range(4)}) for n in range(7)}
            | {"7": TEXT},
        },
    ],
    ids=["long", "deep", "referring", "multiplying"],
)  # fmt: skip
def test_what_is_too_large_is_refused(schema: Any) -> None:
    with pytest.raises(TooLarge) as caught:
        read_schema(schema)
    assert caught.value.limit


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {"a": TEXT}},
        {"$schema": DRAFT_7, **obj(a=TEXT), "definitions": {"A": TEXT}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/me", **obj(a=TEXT)},
        {**obj(friend={"anyOf": [{"$ref": "#"}, {"type": "null"}]}), "required": ["friend"]},
        {**obj(friends={"type": "array", "items": {"$ref": "#"}}), "required": ["friends"]},
        {**obj(a={"$ref": "#/$defs/a~1b~0c"}), "$defs": {"a/b~c": TEXT}},
        {**obj(a={"$ref": "#/$defs/A/anyOf/1"}), "$defs": {"A": {"anyOf": [TEXT, {"type": "integer"}]}}},
        obj(a={"type": "string", "pattern": r"^[A-Z]{2}\d{3,4}(-\d+)?$"}, b=True, c=False),
    ],
)
def test_what_can_be_used_is(schema: Any) -> None:
    assert read_schema(schema).root == schema


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody opens a connection")

    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    with pytest.raises(InvalidInput, match="nothing is fetched"):
        read_schema(obj(a={"$ref": "http://127.0.0.1:9/x.json"}))


def test_what_pydantic_makes_can_be_used() -> None:
    from enum import Enum

    from pydantic import BaseModel

    class Level(Enum):
        HIGH = "high"
        LOW = "low"

    class Friend(BaseModel):
        name: str
        level: Level | None = None
        friends: list[Friend] = []

    class Person(BaseModel):
        name: str
        best: Friend | None = None
        friends: dict[str, Friend] = {}

    globals()["Friend"] = Friend
    schema = read_schema(Person.model_json_schema())
    [best] = schema.alternatives(schema.root["properties"]["best"])
    assert set(best.properties) == {"name", "level", "friends"}
    [level] = schema.alternatives(best.properties["level"])
    assert level.choices == ("high", "low")


def test_alternatives_are_joined_with_what_surrounds_them() -> None:
    schema = read_schema(
        {
            **obj(
                a={
                    "description": "how long",
                    "allOf": [{"type": "object", "properties": {"x": TEXT}, "required": ["x"]}],
                    "oneOf": [{"properties": {"y": TEXT}, "required": ["y"]}, {"properties": {"z": TEXT}}, False],
                }
            )
        }
    )
    one, other = schema.alternatives(schema.root["properties"]["a"])
    assert set(one.properties) == {"x", "y"}
    assert one.required == {"x", "y"}
    assert set(other.properties) == {"x", "z"}
    assert {one.about, other.about} == {"how long"}


def test_problems_name_their_place() -> None:
    schema = read_schema({**obj(a=obj(b={"type": "string", "pattern": "^x$"})), "required": ["c", "d"]})
    found = dict(schema.problems({"a": {"b": "y" * 300}, "d": 1}))
    assert found == {"a.b": "a text of more than 200 characters is not held against a pattern", "c": "it is required"}
    assert dict(schema.problems({"a": {"b": "y"}, "c": 1, "d": 1})) == {"a.b": "'y' does not match '^x$'"}


@pytest.mark.parametrize(
    ("pattern", "safe"),
    [
        (r"^\d{4}-\d{2}-\d{2}$", True),
        (r"^[\w.+-]+@[\w-]+\.[\w.]+$", True),
        (r"^(\+\d{1,3}[- ]?)?\d{6,12}$", True),
        (r"^(red|green|blue)$", True),
        (r"[]+*]x\*\+", True),
        ("^a++$", True),
        (r"(a+)+$", False),
        (r"(?:a|a)*b", False),
        (r"(a?){50}", False),
        (r"((ab*)c)*", False),
        (r"a?" * 30 + "b", False),
        (r"(a|a)" * 30 + "b", False),
        (r".*.*.*.*x", False),
        (r"(a)\1", False),
        (r"(?P<x>a)(?P=x)", False),
        (r"(?=.*a)(?=.*b)(?=.*c)(?=.*d)x", False),
        ("a" * 201, False),
    ],
)  # fmt: skip
def test_patterns_that_take_for_ever_are_told_apart(pattern: str, safe: bool) -> None:
    assert is_safe(pattern) == safe


@pytest.mark.parametrize("pattern", [r"^[\w.+-]+@[\w-]+\.[\w.]+$", r".*.*.*x", r"^(\w*\s?){1}$"])
def test_a_safe_pattern_is_soon_done(pattern: str) -> None:
    if not is_safe(pattern):
        return
    schema = read_schema(obj(a={"type": "string", "pattern": pattern}))
    for text in ("a" * 200, "a@" * 100, "a." * 100, "x" * 100_000):
        started = time.perf_counter()
        schema.accepts(schema.root["properties"]["a"], text)
        assert time.perf_counter() - started < 5


def test_a_schema_of_many_definitions_is_soon_read() -> None:
    order = [(n * 37) % 600 for n in range(600)]
    chain = {str(one): {**obj(n={"$ref": f"#/$defs/{other}"}), "required": ["n"]} for one, other in pairwise(order)}
    schema = {**obj(a={"$ref": f"#/$defs/{order[0]}"}), "$defs": chain | {str(order[-1]): TEXT}}
    assert len(json.dumps(schema)) < 65_536
    started = time.perf_counter()
    read_schema(schema)
    assert time.perf_counter() - started < 10
