"""The filter tree: what is asked of a memory, as frozen data that knows no target.

A tree is built by a parser (`parse.py` reads the native JSON form) or by the helpers below, and read by
`match.py`, which is its meaning, and by the compilers that live with their stores and indexes.

A leaf is checked when it is made, so that no compiler has to: its field exists, its operator fits what the
field holds, its values are of the five kinds and can be stored everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from graphmem.errors import InvalidFilter

__all__ = [
    "FALSE",
    "FIELDS",
    "METADATA",
    "OPS",
    "TRUE",
    "And",
    "FieldKind",
    "Filter",
    "Leaf",
    "Not",
    "Op",
    "Or",
    "Scalar",
    "ValueKind",
    "all_of",
    "any_of",
    "field_equals",
    "kind_of",
    "leaves",
    "metadata_key",
    "negate",
    "normal",
]

Op = Literal["eq", "in", "gt", "gte", "lt", "lte", "contains", "icontains", "exists"]
"""What a leaf may ask. `ne`, `nin`, `between` and "*" are spellings that parsers take apart."""

OPS: tuple[Op, ...] = get_args(Op)
"""All operators, in the order in which messages name them."""

Scalar: TypeAlias = str | int | float | bool | datetime | date
"""One value of a leaf. Datetimes are aware, floats finite, integers fit 64 bits."""

ValueKind = Literal["text", "number", "flag", "moment", "date"]
"""Values of different kinds are never equal and have no order among each other."""

FieldKind = Literal["text", "texts", "flag", "moment", "date"]
"""What a fixed field holds: one text, a set of texts, a boolean, an aware datetime, a day."""

FIELDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "id": "text",
        "user_id": "text",
        "agent_id": "text",
        "app_id": "text",
        "run_id": "text",
        "text": "text",
        "categories": "texts",
        "attributed_to": "text",
        "immutable": "flag",
        "created_at": "moment",
        "updated_at": "moment",
        "observed_at": "moment",
        "valid_at": "moment",
        "invalid_at": "moment",
        "expiration_date": "date",
    }
)
"""The fixed fields. Any other is `metadata.<key>`, where all after the first dot is the literal key."""

METADATA = "metadata."
"""How the name of a metadata field begins."""

_PLURAL = {
    "text": "text",
    "texts": "texts",
    "number": "numbers",
    "flag": "booleans",
    "moment": "moments",
    "date": "days",
}
_ORDER = frozenset({"gt", "gte", "lt", "lte"})
_SUBSTRING = frozenset({"contains", "icontains"})
# What some store cannot keep: SQLite's JSON ends a text at NUL, and half a surrogate pair has no UTF-8 form.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class And:
    """Holds when all its parts hold; empty, it is true."""

    parts: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """Holds when one of its parts holds; empty, it is false."""

    parts: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not: the plain complement, absent fields included."""

    part: Filter


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """Holds when any value of `field` satisfies `op` with `value`.

    `value` is a tuple for `in`, `None` for `exists`, else one scalar. Two leaves are equal when they mean the
    same: `1` and `1.0` do, `1` and `True` do not. Raises `InvalidFilter` for what cannot be asked.
    """

    field: str
    op: Op
    value: Scalar | tuple[Scalar, ...] | None = None

    def __post_init__(self) -> None:
        problem = _problem(self.field, self.op, self.value)
        if problem:
            raise InvalidFilter(problem, field=self.field, path=self.field)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Leaf) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    @property
    def values(self) -> tuple[Scalar, ...]:
        """What it compares with: the elements of `in`, one value for the others, none for `exists`."""
        if isinstance(self.value, tuple):
            return self.value
        return () if self.value is None else (self.value,)

    def _identity(self) -> tuple[object, ...]:
        # Python takes True for 1; the kind beside each value keeps them apart.
        return self.field, self.op, tuple((kind_of(value), value) for value in self.values)


Filter: TypeAlias = And | Or | Not | Leaf
"""What is asked of a memory."""

TRUE = And()
"""Holds for every memory."""

FALSE = Or()
"""Holds for none."""


def kind_of(value: object) -> ValueKind | None:
    """The kind of `value`, or `None` for what is opaque to filters (objects, lists, null)."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):  # before int, of which Python makes it a subclass
        return "flag"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, datetime):  # before date, likewise
        return "moment"
    return "date" if isinstance(value, date) else None


def metadata_key(field: str) -> str | None:
    """The literal metadata key that `field` names, or `None` for a fixed field."""
    return field.removeprefix(METADATA) if field.startswith(METADATA) else None


# --- building ---------------------------------------------------------------------------------------------


def all_of(*parts: Filter) -> Filter:
    """All of `parts`: in normal form if they are."""
    flat: list[Filter] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    if FALSE in flat:
        return FALSE
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(*parts: Filter) -> Filter:
    """At least one of `parts`: in normal form if they are."""
    flat: list[Filter] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    if TRUE in flat:
        return TRUE
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negate(part: Filter) -> Filter:
    """Not `part`: in normal form if it is."""
    if isinstance(part, Not):
        return part.part
    return FALSE if part == TRUE else TRUE if part == FALSE else Not(part)


def field_equals(field: str, value: Scalar) -> Leaf:
    """The leaf that holds when `value` is among the values of `field`."""
    return Leaf(field, "eq", value)


def normal(where: Filter) -> Filter:
    """`where` in the form that parsers give, with the same meaning and order.

    No constants inside, no And directly in an And or Or in an Or, no groups of one, no double negation.
    """
    match where:
        case And(parts):
            return all_of(*map(normal, parts))
        case Or(parts):
            return any_of(*map(normal, parts))
        case Not(part):
            return negate(normal(part))
        case Leaf():
            return where


def leaves(where: Filter) -> Iterator[Leaf]:
    """All leaves of `where`, in order."""
    match where:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Leaf():
            yield where


# --- what a leaf may say ----------------------------------------------------------------------------------


def _problem(field: str, op: Op, value: object) -> str | None:
    """What is wrong with a leaf, in one sentence."""
    if field not in FIELDS and not field.startswith(METADATA):
        return f"There is no field {field[:80]!r}."
    if _UNSTORABLE.search(field):
        return "A metadata key with a NUL character or half of a surrogate pair cannot have been stored."
    if op not in OPS:
        return f"There is no operator {op!r}. The operators are {', '.join(OPS)}."
    if op == "exists":
        return None if value is None else "'exists' takes no value."
    if op == "in" and not isinstance(value, tuple):
        return "'in' takes a list of values."
    for each in value if op == "in" and isinstance(value, tuple) else (value,):
        problem = _value_problem(field, op, each)
        if problem:
            return problem
    return None


def _value_problem(field: str, op: Op, value: object) -> str | None:
    kind = kind_of(value)
    if kind is None:
        return f"{op!r} compares with text, numbers, booleans and times, not with {_named(value)}."
    held = FIELDS.get(field)
    if held and kind != held.removesuffix("s"):
        return f"{field!r} holds {_PLURAL[held]} and cannot be compared with {_named(value)}."
    if not held and kind in ("moment", "date"):
        return "Metadata holds text, numbers and booleans: write a date as the text that was stored."
    if op in _SUBSTRING and kind != "text":
        return f"{op!r} looks for a piece of text, not for {_named(value)}."
    if op in _ORDER and kind == "flag":
        return f"Booleans have no order, so {op!r} cannot compare them."
    return _unstorable(value)


def _unstorable(value: object) -> str | None:
    if isinstance(value, str) and _UNSTORABLE.search(value):
        return "Text with a NUL character or half of a surrogate pair cannot have been stored."
    if isinstance(value, float) and not math.isfinite(value):
        return f"A number has to be finite, not {value!r}."
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return "An integer has to fit 64 bits."
    if isinstance(value, datetime) and value.utcoffset() is None:
        return f"{value.isoformat()!r} names no time zone: add Z for UTC, or an offset like +02:00."
    return None


def _named(value: object) -> str:
    """How messages call a value: by its JSON type where it has one."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple | set | frozenset):
        return "a list"
    kind = kind_of(value)
    one = {"text": "text", "number": "a number", "flag": "a boolean", "moment": "a moment", "date": "a day"}
    return one[kind] if kind else f"{type(value).__name__}"
