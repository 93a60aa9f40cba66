"""What a weaker target may be asked, and what a filter says about whose memory it reads.

A vector index cannot say every leaf exactly. It is asked *wider*, never narrower: it may over-answer, and the
store, which holds the truth, checks again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

from graphmem.errors import InvalidInput
from graphmem.filters.ast import (
    FIELDS,
    METADATA,
    TRUE,
    And,
    Filter,
    Leaf,
    Not,
    Or,
    Scalar,
    all_of,
    any_of,
    kind_of,
    negate,
)
from graphmem.filters.match import values

__all__ = ["alternatives", "equality_tokens", "pinned", "token", "widen"]


# --- asking wider -----------------------------------------------------------------------------------------


def widen(where: Filter, can: Callable[[Leaf], bool]) -> Filter:
    """A filter, in normal form, of leaves that the target `can` say exactly, true wherever `where` is.

    The other leaves become true; under a `Not`, false.
    """
    return _bound(where, can, TRUE)


def _bound(where: Filter, can: Callable[[Leaf], bool], unknown: Filter) -> Filter:
    match where:
        case And(parts):
            return all_of(*(_bound(part, can, unknown) for part in parts))
        case Or(parts):
            return any_of(*(_bound(part, can, unknown) for part in parts))
        case Not(part):
            return negate(_bound(part, can, negate(unknown)))
        case Leaf():
            return where if can(where) else unknown


# --- equality as tokens -----------------------------------------------------------------------------------


def token(field: str, value: Scalar) -> str:
    """What the index holds instead of "`field` has `value`": 32 hexadecimal digits (BLAKE2b-128).

    Two tokens are the same exactly when the field is and `match.py` finds the values equal: 1 and 1.0 share
    one, 1 and true do not.
    """
    said: str | int | float | bool
    if isinstance(value, float) and value.is_integer():
        said = int(value)
    elif isinstance(value, datetime):
        said = value.astimezone(UTC).isoformat()
    elif isinstance(value, date):
        said = value.isoformat()
    else:
        said = value
    encoded = json.dumps([field, kind_of(value), said]).encode()
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def equality_tokens(metadata: Mapping[str, Any], *, categories: Iterable[str] = ()) -> frozenset[str]:
    """The tokens of everything in `metadata` and `categories` that an `eq` can find.

    One for each element of a list, none for nulls and for objects and lists inside.
    """
    document = {"metadata": metadata, "categories": tuple(categories)}
    if not any(document.values()):
        return frozenset()
    fields = ["categories", *(METADATA + key for key in metadata)]
    return frozenset(
        token(field, value) for field in fields for value in values(document, field) if kind_of(value) is not None
    )


# --- whose memory -----------------------------------------------------------------------------------------

_MAX_ALTERNATIVES = 1_000


def pinned(where: Filter, field: str) -> frozenset[str] | None:
    """The texts that `field` is one of in every document that `where` holds for; `None` if it does not say.

    Empty when `where` contradicts itself and holds for none. `field` is a fixed field that holds one text,
    else `InvalidInput` is raised: of a set of values no filter says all.
    """
    found = [box.get(field) for box in alternatives(where, (field,))]
    known = [texts for texts in found if texts is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def alternatives(where: Filter, fields: Collection[str]) -> tuple[Mapping[str, frozenset[str]], ...]:
    """The ways in which `where` can hold, as far as it speaks of `fields`: `pinned` for several at once.

    In every document that `where` holds for, at least one of the answers is true: each field in it is one of
    its texts. ``{"OR": [{"user_id": "ana"}, {"agent_id": "bot", "run_id": "7"}]}`` gives two; what does not
    bind the fields gives one empty answer; what contradicts itself gives none. `fields` as in `pinned`.
    """
    for field in fields:
        if FIELDS.get(field) != "text":
            raise InvalidInput(f"{field!r} does not hold exactly one text.", field=field)
    return _ways(where, fields, holds=True)


_Way = Mapping[str, frozenset[str]]


def _ways(where: Filter, fields: Collection[str], *, holds: bool) -> tuple[_Way, ...]:
    """The ways in which `where` comes out as `holds`; `Not` turns it, and with it And into Or."""
    match where:
        case Not(part):
            return _ways(part, fields, holds=not holds)
        case And(parts) | Or(parts):
            each = [_ways(part, fields, holds=holds) for part in parts]
            return reduce(_both, each, ({},)) if isinstance(where, And) == holds else _either(each)
        case Leaf(field, "eq" | "in") if holds and field in fields:
            texts = frozenset(value for value in where.values if isinstance(value, str))
            return ({field: texts},) if texts else ()
        case Leaf():
            return ({},)


def _both(left: tuple[_Way, ...], right: tuple[_Way, ...]) -> tuple[_Way, ...]:
    if len(left) * len(right) > _MAX_ALTERNATIVES:
        left, right = sorted((left, right), key=len)
        right = _hull(right)
    met = ({**a, **b, **{f: a[f] & b[f] for f in a.keys() & b.keys()}} for a in left for b in right)
    return tuple(way for way in met if all(way.values()))


def _either(several: Iterable[tuple[_Way, ...]]) -> tuple[_Way, ...]:
    # By what is in them, because comparing each with all would let a small filter cost minutes.
    ways = {frozenset(way.items()): way for each in several for way in each}
    if frozenset() in ways:
        return ({},)
    distinct = tuple(ways.values())
    return distinct if len(distinct) <= _MAX_ALTERNATIVES else _hull(distinct)


def _hull(ways: tuple[_Way, ...]) -> tuple[_Way, ...]:
    """The one way that all `ways` fall into: it says less, and nothing false."""
    common = set(ways[0]).intersection(*ways)
    return ({field: frozenset().union(*(way[field] for way in ways)) for field in common},)
