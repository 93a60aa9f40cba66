"""The caller's schema as models take one: strict, where all that it says can be said so.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

from typing import Any

from graphmem.exporting.schema import Node, Schema

__all__ = ["ENVELOPE", "strict_schema"]

MAX_LEVELS = 8
"""Levels of a strict schema; servers take ten, and some fewer."""

MAX_PROPERTIES = 1_000
"""Properties in all; servers take some thousands, smaller models get lost long before."""

ENVELOPE: dict[str, Any] = {
    "type": "object",
    "properties": {"document": {"type": "string", "description": "The whole document, as JSON text."}},
    "required": ["document"],
    "additionalProperties": False,
}
"""For a schema that cannot be said strictly: the document travels as text, and is checked on arrival."""

_SCALARS = ("string", "integer", "number", "boolean")


def strict_schema(schema: Schema) -> dict[str, Any] | None:
    """The strict form of a schema, in which any property may be null for "not known"; None: there is none.

    It is wider than the schema: bounds, patterns and formats are left to the check of the answer.
    """
    counted = [0]
    nodes = [node for node in schema.alternatives(schema.root) if "object" in node.types or not node.types]
    return _object(schema, nodes[0], 0, counted) if len(nodes) == 1 else None


def _object(schema: Schema, node: Node, level: int, counted: list[int]) -> dict[str, Any] | None:
    extra = node.keywords.get("additionalProperties", False)
    if not node.properties or isinstance(extra, dict) or "patternProperties" in node.keywords or level > MAX_LEVELS:
        return None
    counted[0] += len(node.properties)
    if counted[0] > MAX_PROPERTIES:
        return None
    properties = {}
    for name, raw in node.properties.items():
        place = _place(schema, raw, level + 1, counted)
        if place is None:
            return None
        properties[name] = {"anyOf": [place, {"type": "null"}]}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **_described(node),
    }


def _place(schema: Schema, raw: Any, level: int, counted: list[int]) -> dict[str, Any] | None:
    options = []
    for node in schema.alternatives(raw):
        for kind in sorted(node.types) or [""]:
            option = _option(schema, node, kind, level, counted)
            if option is None:
                return None
            options.append(option)
    if not options:
        return {"type": "null"}
    return options[0] if len(options) == 1 else {"anyOf": options}


def _option(schema: Schema, node: Node, kind: str, level: int, counted: list[int]) -> dict[str, Any] | None:
    if node.choices is not None:
        return {"enum": list(node.choices), **_described(node)}
    if kind == "object":
        return _object(schema, node, level, counted)
    if kind == "array":
        items = _place(schema, node.items, level + 1, counted) if node.items is not True else None
        return None if items is None else {"type": "array", "items": items, **_described(node)}
    return {"type": kind, **_described(node)} if kind in _SCALARS else None


def _described(node: Node) -> dict[str, str]:
    said = [node.about]
    said += [
        f"{name}: {node.keywords[name]}"
        for name in ("format", "maxLength", "minimum", "maximum")
        if name in node.keywords
    ]
    text = ". ".join(part for part in said if part)
    return {"description": text} if text else {}
