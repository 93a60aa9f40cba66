"""The meaning of a filter. Every compiler must agree with these few lines.

1. A field is a set of values: a scalar is a set of one; null, absent and ``[]`` are empty; a list is its
   elements (nulls dropped). Objects and lists inside are opaque: they satisfy no comparison, but they exist.
2. A leaf holds if *any* value satisfies it. It is two-valued and typed: a value of another kind does not
   satisfy it, a boolean is no number, "1" is not 1, integers and floats compare exactly (2**53 + 1 is not
   2.0**53). Text is ordered by code point; `contains` is the case-sensitive substring, `icontains` that of
   folded texts.
3. `Not` is plain complement.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from graphmem.filters.ast import And, Filter, Leaf, Not, Op, Or, kind_of, metadata_key
from graphmem.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["matches", "values"]

# Only values of one kind meet here, so the operators of Python are those of the language.
_HOLDS: Mapping[Op, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "in": operator.eq,  # with any of several
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "contains": operator.contains,
    "icontains": lambda value, part: fold(part) in fold(value),
}


def values(document: Mapping[str, Any], field: str) -> tuple[Any, ...]:
    """The set of values that `document` (see `Memory.fields()`) has in `field`, in its own order."""
    key = metadata_key(field)
    value = document.get(field) if key is None else (document.get("metadata") or {}).get(key)
    several = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return tuple(each for each in several if each is not None)


def matches(where: Filter, document: Mapping[str, Any]) -> bool:
    """Whether `where` holds for `document`: the fixed fields by name, and `metadata`, a mapping."""
    match where:
        case And(parts):
            return all(matches(part, document) for part in parts)
        case Or(parts):
            return any(matches(part, document) for part in parts)
        case Not(part):
            return not matches(part, document)
        case Leaf(field, "exists"):
            return bool(values(document, field))
        case Leaf(field, op):
            found, holds = values(document, field), _HOLDS[op]
            return any(
                kind_of(value) == kind_of(wanted) and holds(value, wanted) for value in found for wanted in where.values
            )
