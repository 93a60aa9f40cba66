"""The native JSON form of a filter, read into the tree.

::

    {"user_id": "ana", "categories": "travel"}                    all of these
    {"OR": [{"trip": "lisbon"}, {"metadata.trip": "porto"}]}      at least one of these
    {"NOT": {"attributed_to": "assistant"}}                       not this
    {"NOT": [{"trip": "lisbon"}, {"categories": "food"}]}         none of these
    {"created_at": {"gte": "2026-01-01", "lt": "2026-02-01"}}     operators on one field: all of them
    {"trip": ["lisbon", "porto"], "hotel": null, "price": "*"}    any of; absent; present

Names that are no fixed field are metadata keys; `metadata.<key>`, or an object under `metadata`, names a key
that looks like something else. Operators: `eq in gt gte lt lte contains icontains exists`, and the spellings
`ne`, `nin`, `between` (both ends included). A bare value means `eq`, a bare list `in`, a bare "*" `exists`, a
bare null its opposite; `{"eq": "*"}` is the star itself. Siblings all count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from graphmem.errors import InvalidFilter, InvalidInput, TooLarge
from graphmem.filters.ast import (
    FIELDS,
    METADATA,
    OPS,
    Filter,
    Leaf,
    Op,
    Scalar,
    all_of,
    any_of,
    negate,
)
from graphmem.filters.moments import day, moment

__all__ = ["MAX_DEPTH", "MAX_LEAVES", "MAX_TEXT", "MAX_VALUES", "parse_filter", "parse_leaf", "resolve_field"]

MAX_DEPTH = 32
"""How many objects may stand inside one another."""

MAX_LEAVES = 1_000
"""How many conditions a filter may have."""

MAX_VALUES = 10_000
"""How many values its lists may have, all together."""

MAX_TEXT = 10_000
"""How many characters a text or a key may have."""

_LOGIC = {name: name.upper() for name in ("AND", "OR", "NOT", "and", "or", "not")}
_ALIASES = {"timestamp": "observed_at"}
_SPELLINGS = ("ne", "nin", "between")
_KNOWN = f"The operators are {', '.join((*OPS, *_SPELLINGS))}."


def parse_filter(document: object, *, max_depth: int = MAX_DEPTH, max_leaves: int = MAX_LEAVES) -> Filter:
    """The tree, in normal form, that `document` (decoded JSON, or Python with dates and tuples) stands for.

    ``{}`` is true for every memory. Raises `InvalidFilter` for what cannot be understood and `TooLarge` over
    a bound; both say in `path` where.
    """
    return _Parser(max_depth, max_leaves).document(document, "$", 1)


def parse_leaf(field: str, op: Op, value: object, *, path: str = "$") -> Leaf:
    """One leaf from JSON values: times read from text or seconds, lists made tuples, everything checked.

    For parsers of other dialects. `field` is as `resolve_field` gives it. Raises as `parse_filter` does.
    """
    converted: Scalar | tuple[Scalar, ...] | None
    if op == "exists":
        converted = None
    elif op != "in":
        converted = _scalar(field, value, path)
    elif isinstance(value, list | tuple):
        converted = tuple(_scalar(field, each, f"{path}[{i}]") for i, each in enumerate(value))
    else:
        raise _invalid(path, "'in' and 'nin' take a list of values.")
    try:
        return Leaf(field, op, converted)
    except InvalidFilter as error:
        raise _invalid(path, error.message) from error


def resolve_field(name: str) -> str:
    """The field that `name` stands for: a fixed one, `metadata.<key>`, an alias, else the metadata key."""
    name = _ALIASES.get(name, name)
    return name if name in FIELDS or name.startswith(METADATA) else METADATA + name


@dataclass(slots=True)
class _Parser:
    """One reading: what is allowed, and how much of it is used up."""

    max_depth: int
    max_leaves: int
    leaves: int = 0
    values: int = 0

    def document(self, document: object, path: str, level: int) -> Filter:
        if level > self.max_depth:
            raise _too_large(path, "A filter nests too deep", "levels", self.max_depth, level)
        if not isinstance(document, Mapping):
            raise _invalid(path, f"A filter is an object, not {_json_type(document)}.")
        if not document:
            self.count(path)
        parts: list[Filter] = []
        for name, content in document.items():
            here = _step(path, name)
            if name in _LOGIC:
                parts.append(self.logic(_LOGIC[name], content, here, level))
            elif name == "metadata":
                parts.append(self.metadata(content, here))
            else:
                parts.append(self.condition(resolve_field(name), content, here))
        return all_of(*parts)

    def logic(self, name: str, content: object, path: str, level: int) -> Filter:
        if name == "NOT" and isinstance(content, Mapping):
            return negate(self.document(content, path, level + 1))
        if not isinstance(content, list | tuple):
            either = "an object or a list of objects" if name == "NOT" else "a list of objects"
            raise _invalid(path, f"{name} takes {either}, not {_json_type(content)}.")
        if not content:
            self.count(path)
        parts = [self.document(each, f"{path}[{i}]", level + 1) for i, each in enumerate(content)]
        if name == "AND":
            return all_of(*parts)
        return any_of(*parts) if name == "OR" else negate(any_of(*parts))

    def metadata(self, content: object, path: str) -> Filter:
        if not isinstance(content, Mapping):
            raise _invalid(
                path,
                f"'metadata' takes an object of keys and conditions, not {_json_type(content)}.",
                hint='To ask for a key, write {"metadata": {"<key>": "*"}}.',
            )
        if not content:
            self.count(path)
        parts: list[Filter] = []
        for key, each in content.items():
            here = _step(path, key)
            parts.append(self.condition(f"{METADATA}{key}", each, here))
        return all_of(*parts)

    def condition(self, field: str, content: object, path: str) -> Filter:
        if isinstance(content, Mapping):
            if not content:
                raise _invalid(path, "The condition is empty.", hint=_KNOWN)
            return all_of(*(self.operator(field, op, value, _step(path, op)) for op, value in content.items()))
        if isinstance(content, str) and content == "*":
            return self.leaf(field, "exists", None, path)
        if isinstance(content, list | tuple):
            return self.leaf(field, "in", content, path)
        return self.equals(field, content, path)

    def operator(self, field: str, op: str, value: object, path: str) -> Filter:
        match op:
            case "eq":
                return self.equals(field, value, path)
            case "ne":
                return negate(self.equals(field, value, path))
            case "nin":
                return negate(self.leaf(field, "in", value, path))
            case "between":
                if not isinstance(value, list | tuple) or len(value) != 2:
                    raise _invalid(path, "'between' takes a list of two values.")
                low = self.leaf(field, "gte", value[0], f"{path}[0]")
                return all_of(low, self.leaf(field, "lte", value[1], f"{path}[1]"))
            case "exists":
                if not isinstance(value, bool):
                    raise _invalid(path, f"'exists' takes true or false, not {_json_type(value)}.")
                leaf = self.leaf(field, "exists", None, path)
                return leaf if value else negate(leaf)
            case "in" | "gt" | "gte" | "lt" | "lte" | "contains" | "icontains":
                return self.leaf(field, op, value, path)
        raise _invalid(path, f"There is no operator {op[:80]!r}.", hint=_KNOWN)

    def equals(self, field: str, value: object, path: str) -> Filter:
        if value is None:
            return negate(self.leaf(field, "exists", None, path))
        return self.leaf(field, "eq", value, path)

    def leaf(self, field: str, op: Op, value: object, path: str) -> Leaf:
        self.count(path)
        if isinstance(value, list | tuple):
            self.values += len(value)
            if self.values > MAX_VALUES:
                raise _too_large(path, "The lists of a filter are too long", "values", MAX_VALUES, self.values)
        return parse_leaf(field, op, value, path=path)

    def count(self, path: str) -> None:
        # Empty groups count as well: they cost as much, and a million of them is no filter.
        self.leaves += 1
        if self.leaves > self.max_leaves:
            raise _too_large(path, "A filter is too long", "conditions", self.max_leaves, self.leaves)


def _scalar(field: str, value: object, path: str) -> Scalar:
    """A JSON value as the field's kind of scalar; `Leaf` judges whether it may stand there."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise _too_large(path, "A text in a filter is too long", "characters", MAX_TEXT, len(value))
    try:
        match FIELDS.get(field):
            case "moment":
                return moment(value)
            case "date":
                return day(value)
    except InvalidInput as error:
        raise _invalid(path, error.message, hint=error.hint) from error
    if value is None:
        raise _invalid(
            path,
            "Null cannot be compared with.",
            hint='To ask for what is absent, write {"<field>": null}, beside the rest in an "OR".',
        )
    return value  # type: ignore[return-value]  # what else there is, `Leaf` refuses


def _step(path: str, key: object) -> str:
    """The path one key further in, after checking that it is one."""
    if not isinstance(key, str):
        raise _invalid(path, f"A key is text, not {_json_type(key)}.")
    if len(key) > MAX_TEXT:
        raise _too_large(path, "A key in a filter is too long", "characters", MAX_TEXT, len(key))
    if key.isidentifier():
        return f"{path}.{key[:80]}"
    return f"{path}[{json.dumps(key[:80])}]"


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
    return type(value).__name__


def _invalid(path: str, what: str, *, hint: str | None = None) -> InvalidFilter:
    return InvalidFilter(f"At {path} in the filter: {what}", hint=hint, path=path)


def _too_large(path: str, what: str, unit: str, limit: int, actual: int) -> TooLarge:
    return TooLarge(
        f"{what}: more than {limit:,} {unit} at {path}.",
        hint="Ask for less at once.",
        path=path,
        limit=limit,
        actual=actual,
    )
