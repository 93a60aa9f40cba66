"""Hypothesis strategies for filters and for what they are asked of.

They draw from small vocabularies that overlap, so that filters often match, and from what goes wrong in stores:
one kind of value against another, 2**53 + 1 beside 2.0**53, composed and decomposed accents, keys with dots and
quotes, lists with nulls, objects and lists inside. All of it can be stored: no NUL, no half surrogate pairs, no
NaN, no integer over 64 bits.

A store's compiler agrees with `graphmem.filters.matches` on `documents()` and `filters()`.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from graphmem.filters import (
    FIELDS,
    METADATA,
    And,
    Filter,
    Leaf,
    Not,
    Op,
    Or,
    Scalar,
    kind_of,
)
from graphmem.text import fold

__all__ = ["KEYS", "documents", "fields", "filters", "metadata", "scalars", "scopes"]

KEYS = (
    "trip",
    "a.b",
    'q"uote',
    "it's",
    "ключ",
    "e\u0301",
    "\u00e9",
    "",
    "$",
    "[0]",
    "`tick`",
    "back\\slash",
    "new\nline",
    "a b",
    "%",
    "AND",
    "eq",
    "user_id",
    "metadata.trip",
)
"""The metadata keys that documents and filters share."""

_TEXTS = (
    "",
    "a",
    "A",
    "b",
    "ab",
    "Ana",
    "ana",
    "\u00c1na",
    "A\u0301na",
    "stra\u00dfe",
    "STRASSE",
    "東京",
    "東京都",
    "Ωmega",
    "😀",
    "\uffff",  # between the two by code point, after both by UTF-16 unit
    "1",
    "true",
    "null",
    "*",
    "%",
    "a_b",
    "it's",
    'q"',
    "back\\slash",
    "\u0301",  # folds to nothing
)
_NUMBERS = (0, 1, -1, 2, 1.0, 0.5, -0.0, 0.1, 2**53, 2**53 + 1, 2.0**53, 2**63 - 1, -(2**63), 2.0**63, 1e300)
_FLAGS = (True, False)
_NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
_MOMENTS = (
    _NOON,
    _NOON + timedelta(microseconds=1),
    _NOON - timedelta(days=1),
    _NOON.replace(hour=0),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
)
_DAYS = (date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1), date(1, 1, 1), date(9999, 12, 31))
_IDS = tuple(f"00000000-0000-4000-8000-00000000000{i}" for i in range(3))
_NAMES = ("ana", "bob", "\u00c1na", "it's")
_CATEGORIES = ("travel", "Travel", "food", "旅行", "a.b")
_ROLES = ("user", "assistant")
_SCOPE = ("user_id", "agent_id", "app_id", "run_id")
_POOLS: Mapping[str, tuple[Scalar, ...]] = {
    "id": _IDS,
    **dict.fromkeys(_SCOPE, _NAMES),
    "text": _TEXTS,
    "categories": _CATEGORIES,
    "attributed_to": _ROLES,
    "immutable": _FLAGS,
    **dict.fromkeys((field for field, kind in FIELDS.items() if kind == "moment"), _MOMENTS),
    "expiration_date": _DAYS,
}

# What is drawn so often that filter and document meet.
_COMMON_KEYS = KEYS[:3]
_COMMON_VALUES: tuple[str | int | float | bool, ...] = ("a", "\u00c1na", 1, True, 2**53 + 1)


def scalars() -> st.SearchStrategy[str | int | float | bool]:
    """One metadata value: mostly from the small vocabulary, now and then any text or number."""
    return st.one_of(
        st.sampled_from(_COMMON_VALUES),
        st.sampled_from(_COMMON_VALUES),
        st.sampled_from([*_TEXTS, *_NUMBERS, *_FLAGS]),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
        st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False),
    )


def _keys() -> st.SearchStrategy[str]:
    return st.sampled_from(_COMMON_KEYS) | st.sampled_from(KEYS)


def metadata() -> st.SearchStrategy[dict[str, Any]]:
    """A memory's metadata: scalars, nulls, lists of them, and objects and lists inside."""
    plain = st.none() | scalars()
    nested = st.recursive(
        plain,
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(_keys(), inside, max_size=2),
        max_leaves=4,
    )
    value = st.one_of(scalars(), st.lists(plain, max_size=4), nested)
    common = st.fixed_dictionaries({}, optional=dict.fromkeys(_COMMON_KEYS, value))
    return st.builds(operator.or_, common, st.dictionaries(_keys(), value, max_size=3))


def scopes() -> st.SearchStrategy[dict[str, str]]:
    """Whose memory: at least one of the scope's ids, by field name."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(_SCOPE, st.sampled_from(_NAMES))).filter(bool)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """What filters see of a memory, as `Memory.fields()` gives it: at least one of the scope's ids is there."""
    words = st.sampled_from([text for text in _TEXTS if text.isprintable() and fold(text)])
    moments, maybe = st.sampled_from(_MOMENTS), st.none() | st.sampled_from(_MOMENTS)
    return {
        "id": draw(st.sampled_from(_IDS) | st.uuids(version=4).map(str)),
        **draw(scopes()),
        "text": " ".join(draw(st.lists(words, min_size=1, max_size=3))),
        "categories": tuple(draw(st.lists(st.sampled_from(_CATEGORIES), max_size=3, unique=True))),
        "attributed_to": draw(st.none() | st.sampled_from(_ROLES)),
        "immutable": draw(st.booleans()),
        "created_at": draw(moments),
        "updated_at": draw(moments),
        "observed_at": draw(moments),
        "valid_at": draw(maybe),
        "invalid_at": draw(maybe),
        "expiration_date": draw(st.none() | st.sampled_from(_DAYS)),
        "metadata": draw(metadata()),
    }


def fields() -> st.SearchStrategy[str]:
    """A field name: a metadata field as often as a fixed one."""
    return st.sampled_from(list(FIELDS)) | _keys().map(METADATA.__add__)


@st.composite
def _leaf(draw: st.DrawFn, field: str) -> Leaf:
    pool: st.SearchStrategy[Scalar] = st.sampled_from(_POOLS[field]) if field in _POOLS else scalars()
    value = draw(pool)
    of = kind_of(value)
    fitting: list[Op] = ["eq", "eq", "in", "exists"]
    fitting += ["gt", "gte", "lt", "lte"] if of != "flag" else []
    fitting += ["contains", "icontains"] if of == "text" else []
    op = draw(st.sampled_from(fitting))
    if op == "exists":
        return Leaf(field, op)
    several = st.lists(pool, min_size=2, max_size=4) | st.lists(pool, max_size=1)
    return Leaf(field, op, tuple(draw(several)) if op == "in" else value)


def filters(*, over: Collection[str] | None = None, max_leaves: int = 8) -> st.SearchStrategy[Filter]:
    """A filter tree, not always in normal form: empty groups, groups of one, double negations are among them.

    `over` names the fields it may speak of (all fixed ones and those of `KEYS`).
    """
    named = st.sampled_from(sorted(over)) if over is not None else fields()
    leaf: st.SearchStrategy[Filter] = named.flatmap(_leaf)
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.lists(part, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(part, max_size=3).map(lambda parts: Or(tuple(parts))),
            part.map(Not),
        ),
        max_leaves=max_leaves,
    )
