"""The tree as JSON again, in one canonical spelling: for explanations, logs, and other processes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from graphmem.filters.ast import And, Filter, Leaf, Not, Or, Scalar

__all__ = ["unparse_filter"]


def unparse_filter(where: Filter) -> dict[str, Any]:
    """`where` in the native JSON form, every operator spelled out, moments in UTC.

    `parse_filter` gives back `normal(where)`. (Its bound on depth counts objects, and each And, Or and Not is
    one here: what was written with sibling keys may come back nested twice as deep.)
    """
    match where:
        case And(parts):
            return {"AND": [unparse_filter(part) for part in parts]}
        case Or(parts):
            return {"OR": [unparse_filter(part) for part in parts]}
        case Not(part):
            return {"NOT": unparse_filter(part)}
        case Leaf(field, "exists"):
            return {field: {"exists": True}}
        case Leaf(field, "in"):
            return {field: {"in": [_json(value) for value in where.values]}}
        case Leaf(field, op):
            return {field: {op: _json(where.values[0])}}


def _json(value: Scalar) -> str | int | float | bool:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
