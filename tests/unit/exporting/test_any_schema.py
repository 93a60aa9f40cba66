"""Whatever the schema: a document comes of it, it is JSON, and what is wrong with it is named."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from graphmem.errors import InvalidInput
from graphmem.exporting import complete, read_schema
from graphmem.exporting.strict import strict_schema
from tests.unit.exporting.conftest import NOW, filled, memory, world

NAMES = ("name", "employer", "friends", "age", "notes", "since", "is_married", "sister", "memories", "travel", "x", "n")
LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 3},
        {"type": "string", "minLength": 5},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[A-Z]"},
        {"type": ["string", "null"]},
        {"type": "integer", "minimum": 3},
        {"type": "number"},
        {"type": "boolean"},
        {"enum": ["Acme", "Bo", 3, None]},
        {"const": 7},
        {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"$ref": "#/$defs/Text"},
        {"$ref": "#/$defs/Node"},
        {"allOf": [{"type": "string"}, {"minLength": 1}]},
        {"type": "string", "default": "unknown"},
        {},
        True,
        False,
    ]
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, required, extra: {
            "type": "object",
            "properties": properties,
            "required": sorted(set(required)),
            **extra,
        },
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
        st.lists(st.sampled_from(NAMES), max_size=3),
        st.sampled_from([{}, {"additionalProperties": False}, {"minProperties": 2}]),
    )


def lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    bounds = st.sampled_from([{}, {"maxItems": 1}, {"minItems": 2}, {"uniqueItems": True}])
    return st.builds(lambda items, bound: {"type": "array", "items": items, **bound}, inner, bounds)


PLACES = st.recursive(LEAVES, lambda inner: objects(inner) | lists(inner), max_leaves=12)
FRIENDS = {"type": "array", "items": {"$ref": "#/$defs/Node"}}
NODE = {"type": "object", "properties": {"name": {"type": "string"}, "friends": FRIENDS}}
SCHEMAS = objects(PLACES).map(lambda root: {**root, "$defs": {"Text": {"type": "string"}, "Node": NODE}})

KNOWN = world(
    ("Ana", "WORKS_AT", "Acme", {"valid_at": NOW.replace(year=2020)}),
    ("Ana", "HAS_SISTER", "Marta"),
    ("Ana", "HAS_FRIEND", "Bo"),
    ("Bo", "HAS_FRIEND", "Ana"),
    ("Ana", "IS_AGED", "34"),
    ("Ana", "IS_MARRIED_TO", "Tom"),
    memories=[memory("Rome was fine", 9, categories=("travel",), metadata={"n": [1, 2.5, "x"], "x": {"deep": None}})],
)


@given(SCHEMAS)
def test_a_document_comes_of_it_and_its_gaps_are_named(schema: dict[str, Any]) -> None:
    try:
        read_schema(schema)
    except InvalidInput:
        return  # it demands itself
    document, missing = filled(schema, KNOWN)
    json.dumps(document, allow_nan=False)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    problems = [".".join(map(str, each.absolute_path)) for each in errors]
    if not missing:
        assert problems == []
    for where in problems:
        assert any(each == "the document" or each.startswith(where) or where.startswith(each) for each in missing)


@given(SCHEMAS)
def test_nothing_known_is_no_failure(schema: dict[str, Any]) -> None:
    try:
        read = read_schema(schema)
    except InvalidInput:
        return
    document, missing = complete(read, {})
    assert missing or jsonschema.Draft202012Validator(schema).is_valid(document) or "minProperties" in schema
    strict = strict_schema(read)
    if strict is not None:
        jsonschema.Draft202012Validator.check_schema(strict)
