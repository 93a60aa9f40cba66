"""From what was told, in words, to the value that a place in a document can hold. Nothing is made up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Any, Final

from graphmem.exporting.schema import Node, Schema
from graphmem.exporting.words import phrase

__all__ = ["ABSENT", "Absent", "distinct", "typed"]


class Absent:
    """What is not known."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

LARGEST = 2**53
"""Beyond it, JSON readers disagree on whole numbers."""

_NUMBER = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?")
_TRUE = frozenset({"true", "yes"})
_FALSE = frozenset({"false", "no"})

Day = Callable[[str, datetime], date | None]


def typed(schema: Schema, node: Node, value: Any, said: datetime, day: Day) -> Any:
    """`value`, told at `said`, as the node's type, if it can be read so and satisfies the schema; else `ABSENT`.

    A moment serves where a day or a moment is asked for, a number in words where a number is; of a choice, the one
    whose words are the value's.
    """
    for each in _readings(node, value, said, day):
        if schema.accepts(node.raw, each):
            return each
    return ABSENT


def _readings(node: Node, value: Any, said: datetime, day: Day) -> Iterable[Any]:
    if node.choices is not None:
        yield from _chosen(node.choices, value)
        return
    if not node.types and not isinstance(value, datetime):
        yield value
    for kind in sorted(node.types) or ["string"]:
        if kind == "string":
            yield from _text(node, value, said, day)
        elif kind in ("integer", "number"):
            yield from _number(value, whole=kind == "integer")
        elif kind == "boolean":
            yield from _truth(value)
        elif kind == "object" and isinstance(value, dict):
            yield value


def _chosen(choices: Iterable[Any], value: Any) -> Iterable[Any]:
    """The choices that are the value, then those whose words all stand in it, the longest first."""
    found = [choice for choice in choices if type(choice) is type(value) and choice == value]
    yield from found
    if isinstance(value, str):
        said = phrase(value)
        worded = sorted(((phrase(each), each) for each in choices if isinstance(each, str)), key=lambda p: -len(p[0]))
        yield from (each for spoken, each in worded if spoken and _stands_in(spoken, said))
    if isinstance(value, str):
        numbers = list(_number(value, whole=False))
        yield from (each for each in choices if isinstance(each, int | float) and each in numbers)


def _stands_in(spoken: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(said[at : at + len(spoken)] == spoken for at in range(len(said) - len(spoken) + 1))


def _text(node: Node, value: Any, said: datetime, day: Day) -> Iterable[str]:
    form = node.keywords.get("format")
    if form in ("date", "date-time"):
        moment = value if isinstance(value, datetime) else None
        found = moment.astimezone(UTC).date() if moment else day(value, said) if isinstance(value, str) else None
        if found is not None:
            start = moment or datetime.combine(found, time(), UTC)
            yield found.isoformat() if form == "date" else start.isoformat().replace("+00:00", "Z")
    elif isinstance(value, datetime):
        yield value.date().isoformat()
    elif isinstance(value, bool):
        return
    elif isinstance(value, str | int | float):
        yield str(value)


def _number(value: Any, *, whole: bool) -> Iterable[int | float]:
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        found = _NUMBER.search(value)
        if found is None:
            return
        value = float(found[0].replace(",", ""))
    if isinstance(value, datetime):
        value = value.year
    if isinstance(value, int | float) and abs(value) <= LARGEST:
        if float(value).is_integer():
            yield int(value)
        elif not whole:
            yield float(value)


def _truth(value: Any) -> Iterable[bool]:
    if isinstance(value, bool):
        yield value
    elif isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        yield value.lower() in _TRUE


def distinct(values: Iterable[Any]) -> list[Any]:
    """The values, each once, in their order; texts that differ in case only are one."""
    found: dict[str, Any] = {}
    for value in values:
        key = value.casefold() if isinstance(value, str) else repr(value)
        found.setdefault(key, value)
    return list(found.values())
