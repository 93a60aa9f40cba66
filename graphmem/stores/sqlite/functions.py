"""The functions that statements may call: what SQLite cannot do, or not exactly."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from graphmem.filters import FIELDS, Filter, Leaf, matches, parse_filter
from graphmem.models import SCOPE_FIELDS
from graphmem.stores.sqlite.moments import micros, moment
from graphmem.text import fold

__all__ = ["register"]

_NO_BOUND = 2**31


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions. Each depends on its arguments alone."""
    connection.create_function("graphmem_micros", 1, _micros, deterministic=True)
    connection.create_function("graphmem_fold", 1, _fold, deterministic=True)
    connection.create_function("graphmem_holds", 2, _holds, deterministic=True)
    connection.create_function("graphmem_matches", len(FIELDS) + 2, _matches, deterministic=True)


def _micros(moment: str | None) -> int | None:
    """A moment as states write it (ISO 8601), as columns do."""
    return None if moment is None else micros(datetime.fromisoformat(moment))


def _fold(text: object) -> str | None:
    """A text folded as Python folds it; databases fold differently."""
    return fold(text) if isinstance(text, str) else None


def _holds(metadata: str, asked: str) -> bool:
    """Whether a metadata leaf holds, for numbers that SQLite reads from JSON inexactly."""
    return matches(_leaf(asked), {"metadata": json.loads(metadata)})


@lru_cache(256)
def _leaf(asked: str) -> Leaf:
    field, op, value = json.loads(asked)
    return Leaf(field, op, tuple(value) if op == "in" else value)


def _matches(asked: str, *values: Any) -> bool:
    """Whether a filter holds for a memory, given the columns of `FIELDS` and its metadata: for filters that
    SQLite's parser has no room for."""
    document = {name: _value(name, value) for name, value in zip((*FIELDS, "metadata"), values, strict=True)}
    return matches(_filter(asked), document)


@lru_cache(64)
def _filter(asked: str) -> Filter:
    return parse_filter(json.loads(asked), max_depth=_NO_BOUND, max_leaves=_NO_BOUND)


def _value(name: str, value: Any) -> Any:
    """A column's value as filters see it."""
    if value is None or (name in SCOPE_FIELDS and not value):
        return None
    match FIELDS.get(name):
        case "moment":
            return moment(value)
        case "date":
            return date.fromisoformat(value)
        case "flag":
            return bool(value)
        case "text":
            return value
    return json.loads(value)
