"""What a document lacks: how unknown things are written, and which of them the schema would have liked to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphmem.exporting.schema import MAX_DEPTH, Node, Schema
from graphmem.exporting.values import ABSENT

__all__ = ["complete", "lacking", "unmet"]


def complete(schema: Schema, document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The document with what is unknown written as the schema allows, and what is missing (`address.city`).

    Unknown is null where null may stand, and left out where it may be left out. What is required and may not be null is
    its default, else an empty text, list or object; a number, a choice or a yes or no that nobody told is left out.
    """
    missing: list[str] = []
    nodes = [node for node in schema.alternatives(schema.root) if "object" in node.types or not node.types]
    done = _object(schema, _best(schema, nodes, document), document, "", 0, missing)
    return done, missing


def lacking(schema: Schema, document: dict[str, Any], missing: list[str]) -> list[str]:
    """What is missing, with all other places where the schema wants something else than is known."""
    return list(dict.fromkeys([*missing, *(where for where, _ in unmet(schema, document, missing))]))


def unmet(schema: Schema, document: dict[str, Any], missing: list[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a document beyond what it is known to miss: where, and why."""
    for where, why in schema.problems(document):
        if not any(where == each or where.startswith(f"{each}.") for each in missing):
            yield where or "the document", why


def _best(schema: Schema, nodes: list[Node], value: Any) -> Node:
    """Of the alternatives, the one that the value is of, as far as it goes."""

    def fits(node: Node) -> tuple[bool, int]:
        known = value.keys() & node.properties.keys()
        agrees = all(schema.accepts(node.properties[name], value[name]) for name in known)
        return agrees, len(known)

    return max(nodes, key=fits)


def _object(
    schema: Schema, node: Node, value: dict[str, Any], where: str, depth: int, missing: list[str]
) -> dict[str, Any]:
    done = {}
    for name, raw in node.properties.items():
        path = f"{where}.{name}" if where else name
        if name in value and not (value[name] is None and not schema.accepts(raw, None)):
            done[name] = _inside(schema, raw, value[name], path, depth + 1, missing)
        elif schema.accepts(raw, None):
            done[name] = None
        elif name in node.required and (constant := _constant(schema, raw)) is not ABSENT:
            done[name] = constant
        elif name in node.required:
            missing.append(path)
            stand_in = next(_stand_ins(schema, raw, path, depth + 1, missing), ABSENT)
            if stand_in is not ABSENT:
                done[name] = stand_in
    for name in value.keys() - node.properties.keys():
        done[name] = value[name]
    unnamed = sorted(node.required - node.properties.keys() - value.keys())
    missing += [f"{where}.{name}" if where else name for name in unnamed]
    return done


def _inside(schema: Schema, raw: Any, value: Any, where: str, depth: int, missing: list[str]) -> Any:
    """A value that is there, with what it lacks."""
    if depth > MAX_DEPTH:
        return value
    nodes = schema.alternatives(raw)
    if isinstance(value, dict):
        objects = [node for node in nodes if node.properties]
        return _object(schema, _best(schema, objects, value), value, where, depth, missing) if objects else value
    if isinstance(value, list):
        lists = [node for node in nodes if "array" in node.types]
        if lists:
            items = lists[0].items
            known = [each for each in value if each is not None or schema.accepts(items, None)]
            return [_inside(schema, items, each, f"{where}.{at}", depth + 1, missing) for at, each in enumerate(known)]
    return value


def _constant(schema: Schema, raw: Any) -> Any:
    """The one value that a place may have, whatever is known."""
    nodes = schema.alternatives(raw)
    return nodes[0].keywords.get("const", ABSENT) if len(nodes) == 1 else ABSENT


def _stand_ins(schema: Schema, raw: Any, where: str, depth: int, missing: list[str]) -> Iterator[Any]:
    """What may stand where something required is not known."""
    if isinstance(raw, dict) and "default" in raw and schema.accepts(raw, raw["default"]):
        yield raw["default"]
    for node in schema.alternatives(raw):
        if "object" in node.types and depth <= MAX_DEPTH:
            yield _object(schema, node, {}, where, depth, missing)
        empty: Any = [] if "array" in node.types else "" if "string" in node.types and node.choices is None else None
        if empty is not None and schema.accepts(raw, empty):
            yield empty
