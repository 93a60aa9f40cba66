"""mem0's filter dialect, read into the tree.

::

    {"AND": [{"user_id": "ana"}, {"categories": {"contains": "food"}}]}
    {"OR": [{"user_id": "ana"}, {"agent_id": "*"}]}
    {"created_at": {"gte": "2026-01-01", "lte": "2026-01-31"}, "user_id": {"in": ["ana", "ben"]}}
    {"user_id": "ana", "metadata": {"trip": {"ne": "porto"}}, "keywords": {"icontains": "hotel"}}

`AND`, `OR`, `NOT` nest, and siblings all count. The ids, `created_at` (when it was said: our `observed_at`),
`timestamp`, `updated_at`, `expiration_date`, `categories`, `metadata`, `text`, `keywords` and `memory_ids` are fields;
any other name is a key of the metadata, as `metadata.<key>` is. "*" asks for any value, null for none. `ne` and `nin`
are the plain complement of `eq` and `in`, absent values included. A day given for a moment is the whole day:
`{"lte": "2026-01-31"}` holds until its midnight.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from graphmem.errors import InvalidFilter, InvalidInput, TooLarge
from graphmem.filters import (
    FALSE,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_VALUES,
    METADATA,
    Filter,
    Op,
    all_of,
    any_of,
    day,
    moment,
    negate,
    parse_leaf,
)

__all__ = ["SCOPE_NAMES", "parse", "read_moment"]

SCOPE_NAMES: Mapping[str, str] = {
    "user_id": "user_id",
    "agent_id": "agent_id",
    "app_id": "app_id",
    "run_id": "run_id",
    "session_id": "run_id",
    "userId": "user_id",
    "agentId": "agent_id",
    "appId": "app_id",
    "runId": "run_id",
    "sessionId": "run_id",
}
"""The ids as clients spell them: the one for TypeScript sends filters in camel case, as they were written."""

_MOMENTS = {"created_at": "observed_at", "timestamp": "observed_at", "updated_at": "updated_at"}
_TEXTS = frozenset({"text", "keywords", "keywords_search"})
_IDS = frozenset({"id", "memory_id", "memory_ids"})
_LOGIC = {name: name.upper() for name in ("AND", "OR", "NOT", "and", "or", "not")}
_OPERATORS = ("eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "between", "contains", "icontains", "exists")
_SECONDS = re.compile(r"\d{9,12}(\.\d{1,9})?", re.ASCII)  # since 1970; eight digits would be a day without its dashes
_ZONELESS = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?", re.ASCII)


def parse(document: object) -> Filter:
    """The tree that `document` stands for; `{}` is true for every memory.

    Raises `InvalidFilter` for what cannot be understood and `TooLarge` over a bound; both say in `path` where.
    """
    return _Reader().document(document, "$", 1)


def read_moment(value: Any, zone: tzinfo = UTC) -> datetime:
    """A moment as mem0's users write it: ISO 8601, in `zone` where it names none, or seconds since 1970, also as text.

    Raises `InvalidInput`.
    """
    if isinstance(value, str):
        value = value.strip()
        if _SECONDS.fullmatch(value):
            return moment(float(value))
        if _ZONELESS.fullmatch(value):
            return moment(moment(f"{value}Z").replace(tzinfo=zone))
    return moment(value)


class _Reader:
    """One reading, and how much of what is allowed it used up."""

    def __init__(self) -> None:
        self._leaves = 0
        self._values = 0

    def document(self, document: object, path: str, level: int) -> Filter:
        if level > MAX_DEPTH:
            raise TooLarge(
                f"A filter nests too deep: more than {MAX_DEPTH} levels.", path=path, limit=MAX_DEPTH, actual=level
            )
        if not isinstance(document, Mapping):
            raise _invalid(path, "a filter is an object of conditions")
        parts: list[Filter] = []
        for name, content in document.items():
            here = f"{path}.{str(name)[:80]}"
            if not isinstance(name, str):
                raise _invalid(here, "a key is text")
            if name in _LOGIC:
                parts.append(self.logic(_LOGIC[name], content, here, level))
            else:
                parts.append(self.named(name, content, here))
        return all_of(*parts)

    def logic(self, name: str, content: object, path: str, level: int) -> Filter:
        if isinstance(content, Mapping):
            if name != "OR":
                held = self.document(content, path, level + 1)
                return negate(held) if name == "NOT" else held
            content = [{key: value} for key, value in content.items()]
        if not isinstance(content, list | tuple):
            raise _invalid(path, f"{name} takes a list of filters")
        self.count(path)
        parts = [self.document(each, f"{path}[{at}]", level + 1) for at, each in enumerate(content)]
        if name == "AND":
            return all_of(*parts)
        return any_of(*parts) if name == "OR" else negate(any_of(*parts))

    def named(self, name: str, content: object, path: str) -> Filter:
        if name == "metadata":
            if not isinstance(content, Mapping):
                raise _invalid(path, "'metadata' takes an object of keys and conditions")
            return all_of(*(self.field(f"{METADATA}{key}", each, f"{path}.{key}") for key, each in content.items()))
        if name in SCOPE_NAMES:
            return self.field(SCOPE_NAMES[name], content, path)
        if name in _MOMENTS:
            return self.field(_MOMENTS[name], content, path)
        if name in _TEXTS:
            return self.text(content, path)
        if name in _IDS:
            return self.field("id", content, path)
        if name in ("categories", "expiration_date") or name.startswith(METADATA):
            return self.field(name, content, path)
        return self.field(f"{METADATA}{name}", content, path)

    def text(self, content: object, path: str) -> Filter:
        """Words looked for in the memory's text, with no regard to case unless `contains` is asked for."""
        if isinstance(content, str):
            content = {"icontains": content}
        elif isinstance(content, list | tuple):
            content = {"in": content}
        if isinstance(content, Mapping) and isinstance(some := content.get("in"), list | tuple):
            rest = {op: value for op, value in content.items() if op != "in"}
            anyone = any_of(*(self.leaf("text", "icontains", each, path) for each in some))
            return all_of(anyone, self.field("text", rest, path)) if rest else anyone
        return self.field("text", content, path)

    def field(self, field: str, content: object, path: str) -> Filter:
        if isinstance(content, Mapping):
            if not content:
                raise _invalid(path, "the condition is empty", hint=_KNOWN)
            return all_of(*(self.operator(field, op, value, f"{path}.{op}") for op, value in content.items()))
        if isinstance(content, list | tuple):
            return self.among(field, content, path)
        return self.equals(field, content, path)

    def operator(self, field: str, op: str, value: object, path: str) -> Filter:
        match op:
            case "eq":
                return self.equals(field, value, path)
            case "ne":
                return negate(self.equals(field, value, path))
            case "in":
                return self.among(field, value, path)
            case "nin":
                return negate(self.among(field, value, path))
            case "gt" | "gte" | "lt" | "lte":
                return self.ordered(field, op, value, path)
            case "between" if isinstance(value, list | tuple) and len(value) == 2:
                low, high = value
                return all_of(self.ordered(field, "gte", low, path), self.ordered(field, "lte", high, path))
            case "contains" | "icontains":
                return self.holding(field, op, value, path)
            case "exists" if isinstance(value, bool):
                there = self.leaf(field, "exists", None, path)
                return there if value else negate(there)
        if op in _OPERATORS:
            raise _invalid(path, f"{op!r} cannot be asked of {repr(value)[:80]}", hint=_USES.get(op))
        raise _invalid(path, f"there is no operator {str(op)[:80]!r}", hint=_KNOWN)

    def equals(self, field: str, value: object, path: str) -> Filter:
        if value is None:
            return negate(self.leaf(field, "exists", None, path))
        if isinstance(value, str) and value == "*":
            return self.leaf(field, "exists", None, path)
        if field in _MOMENTS.values() and (whole := _whole_day(value)):
            return all_of(self.ordered(field, "gte", whole, path), self.ordered(field, "lte", whole, path))
        return self.leaf(field, "eq", value, path)

    def among(self, field: str, values: object, path: str) -> Filter:
        if not isinstance(values, list | tuple):
            raise _invalid(path, "'in' and 'nin' take a list")
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise TooLarge(
                f"The lists of a filter are too long: more than {MAX_VALUES} values.",
                path=path,
                limit=MAX_VALUES,
                actual=self._values,
            )
        if field in _MOMENTS.values() or None in values:
            return any_of(*(self.equals(field, each, path) for each in values))
        return self.leaf(field, "in", values, path)

    def ordered(self, field: str, op: Op, value: object, path: str) -> Filter:
        """Before or after; where moments are compared with a day, with all of it."""
        if field in _MOMENTS.values() and op in ("gt", "lte") and (whole := _whole_day(value)):
            try:
                after = datetime.combine(whole + timedelta(days=1), time(), UTC)
            except OverflowError:  # nothing is later than the last day there is
                return FALSE if op == "gt" else self.leaf(field, "exists", None, path)
            return self.leaf(field, "gte" if op == "gt" else "lt", after, path)
        return self.leaf(field, op, value, path)

    def holding(self, field: str, op: Op, value: object, path: str) -> Filter:
        """A piece of text; or, among the elements of a list in the metadata, a number or boolean."""
        if field == "categories":
            op = "icontains"
        if field.startswith(METADATA) and isinstance(value, bool | int | float):
            op = "eq"
        return self.leaf(field, op, value, path)

    def leaf(self, field: str, op: Op, value: Any, path: str) -> Filter:
        self.count(path)
        try:
            return parse_leaf(field, op, _read(field, op, value), path=path)
        except InvalidFilter:
            raise
        except InvalidInput as error:
            if isinstance(error, TooLarge):
                raise
            raise _invalid(path, error.message.rstrip("."), hint=error.hint) from None

    def count(self, path: str) -> None:
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            raise TooLarge(
                f"A filter is too long: more than {MAX_LEAVES} conditions.",
                path=path,
                limit=MAX_LEAVES,
                actual=self._leaves,
            )


_KNOWN = f"The operators are {', '.join(_OPERATORS)}."
_USES = {"between": "It takes a list of two values.", "exists": "It takes true or false."}


def _read(field: str, op: Op, value: Any) -> Any:
    """The value as the field holds it: ids as text, moments and days from what people write."""
    if isinstance(value, list | tuple):
        return tuple(_read(field, op, each) for each in value)
    if op in ("exists", "contains", "icontains") or value is None:
        return value
    if field in SCOPE_NAMES.values():
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if field == "id":
        return value.lower() if isinstance(value, str) else value
    if field in _MOMENTS.values():
        return read_moment(value)
    if field == "expiration_date":
        return _whole_day(value) or read_moment(value).date()
    return value


def _whole_day(value: object) -> date | None:
    try:
        return day(value)
    except InvalidInput:
        return None


def _invalid(path: str, what: str, *, hint: str | None = None) -> InvalidFilter:
    return InvalidFilter(f"At {path} in the filter: {what}.", hint=hint, path=path)
