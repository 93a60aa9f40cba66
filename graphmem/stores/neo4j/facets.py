"""What filters ask of a memory, as one list of texts on its node.

A facet is a field, a kind and a value: ``key NUL kind value``. So keys and values of metadata are data, never names
of properties, and a condition on one is a comparison of texts that begin alike. A list gives a facet for each
element; null gives none; an object, or a list in a list, gives one that only says that something is there. No key
and no value holds a NUL character, so none can look like another.

Numbers are written so that the order of the texts is that of the numbers, whole or not, however large, and equal
numbers are equal texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from graphmem.filters import kind_of
from graphmem.models import Memory
from graphmem.text import fold

__all__ = ["FOLDED_FIELDS", "FacetKind", "facets", "fact", "fixed", "number_key", "prefix", "present"]

FacetKind = Literal["t", "f", "b", "n", "x"]
"""Text, folded text, flag (`true` or `false`), number (see `number_key`), something opaque."""

FOLDED_FIELDS = ("id", "user_id", "agent_id", "app_id", "run_id", "attributed_to", "categories")
"""The fixed fields that have folded facets, under `fixed(field)`; a memory's text has `text_folded` instead."""

_NUL = "\0"
_BIAS = 2**31
_COMPLEMENT = str.maketrans("0123456789abcdef", "fedcba9876543210")


def present(key: str) -> str:
    """How every facet of a field begins: one is there exactly when the field exists."""
    return key + _NUL


def prefix(key: str, kind: FacetKind) -> str:
    """How the facets of a field begin whose values are of one kind; the value follows."""
    return key + _NUL + kind


def fixed(field: str) -> str:
    """The key of a fixed field, which no key of metadata can be."""
    return _NUL + _NUL + field


def fact(key: str, value: str | int | float | bool) -> str:
    """The facet that says: the field `key` has the value."""
    match kind_of(value):
        case "text":
            return prefix(key, "t") + str(value)
        case "flag":
            return prefix(key, "b") + ("true" if value else "false")
        case "number":
            return prefix(key, "n") + number_key(value)  # type: ignore[arg-type]
    return prefix(key, "x")


def facets(memory: Memory) -> list[str]:
    """All facets of a memory: its metadata's, and the folded ones of its fixed fields; distinct, sorted."""
    found: set[str] = set()
    for key, value in memory.metadata.items():
        found.update(_of(key, value))
    fields: Mapping[str, Any] = {
        "id": memory.id,
        **memory.scope.ids,
        "attributed_to": memory.attributed_to,
        "categories": memory.categories,
    }
    for name, value in fields.items():
        texts = value if isinstance(value, tuple) else (value,)
        found.update(prefix(fixed(name), "f") + fold(each) for each in texts if each is not None)
    return sorted(found)


def _of(key: str, value: Any) -> Iterator[str]:
    several = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    for each in several:
        if each is None:
            continue
        yield fact(key, each)
        if isinstance(each, str):
            yield prefix(key, "f") + fold(each)


def number_key(number: int | float) -> str:
    """A text for a finite number: 1 and 1.0 have the same, and texts are ordered as the numbers are.

    A sign, then for what is not zero the binary exponent (8 hexadecimal digits, biased) and the digits behind the
    leading one. Below zero all digits are complemented, and a mark above all digits ends them, so that the longer of
    two that begin alike is the smaller.
    """
    if not number:
        return "1"
    top, bottom = abs(number).as_integer_ratio()
    # A float's denominator is a power of two, so nothing is lost.
    width = top.bit_length()
    exponent = width - bottom.bit_length()
    rest = top - (1 << (width - 1))
    padding = -(width - 1) % 4
    digits = f"{rest << padding:0{(width - 1 + padding) // 4}x}".rstrip("0") if rest else ""
    body = f"{exponent + _BIAS:08x}{digits}"
    return "2" + body if number > 0 else "0" + body.translate(_COMPLEMENT) + "~"
