"""What the name of a property means: words brought to one form, and looked up among what people usually say.

The data are `data/properties.json` (English). A name in another language is compared with the graph's own words, and by
likeness, as every name is that is not found there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from graphmem.text import words

__all__ = ["Lexicon", "Meaning", "Phrase", "Way", "is_plural", "lexicon", "own_way", "phrase", "type_phrase"]

Phrase = tuple[str, ...]
"""Words in one form, as names of properties, types and categories are compared."""

LONGEST = 4
"""Words of the longest expression looked for in a description."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIBILANT = ("sses", "xes", "ches", "shes", "zes")


class Way(NamedTuple):
    """A relation's type, and whether it is followed against its arrow."""

    type: str
    inverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a property asks for: the objects of relations (after those of `through`), entities of types, or `means`."""

    ways: tuple[Way, ...] = ()
    through: tuple[Way, ...] = ()
    entities: tuple[str, ...] = ()
    means: str | None = None


class Lexicon:
    """What properties are usually called."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._leading = frozenset(data["leading"])
        self._trailing = frozenset(data["trailing"])
        self.free = frozenset(map(phrase, data["free"]))
        self.prose = frozenset(map(phrase, data["prose"]))
        self._areas = frozenset(word for each in data["areas"] for word in phrase(each))
        self._count = frozenset(map(phrase, data["count"]))
        self._counted = frozenset(map(phrase, data["counted"]))
        self._dated = frozenset(map(phrase, data["dated"]))
        self._groups: dict[Phrase, Meaning] = {}
        for group in data["groups"]:
            meaning = Meaning(
                ways=tuple(map(_way, group.get("relations", ()))),
                through=tuple(map(_way, group.get("through", ()))),
                entities=tuple(group.get("entities", ())),
                means=group.get("means"),
            )
            self._groups |= dict.fromkeys(map(phrase, group["words"]), meaning)

    def meaning(self, name: Phrase) -> Meaning | None:
        """What is called so."""
        return self._groups.get(name)

    def is_area(self, name: Phrase) -> bool:
        """Whether an object of that name says more about the same person."""
        return not self._areas.isdisjoint(name)

    def is_thing(self, name: Phrase) -> bool:
        """Whether the name is that of something that relations lead to."""
        known = (self._groups.get(reading) for reading in self.readings(name))
        return any(meaning is not None and meaning.means is None for meaning in known)

    def is_named(self, name: Phrase) -> bool:
        """Whether a property asks what something is called."""
        known = (self._groups.get(reading) for reading in self.readings(name))
        return any(meaning is not None and meaning.means in ("name", "full_name") for meaning in known)

    def readings(self, name: Phrase, context: Phrase = ()) -> Iterator[Phrase]:
        """The name, then without words that change nothing, of which `context` (what it is a part of) has some too."""
        found = [name]
        rest = name
        while len(rest) > 1 and (rest[0] in self._leading or rest[0] in context):
            rest = rest[1:]
            found.append(rest)
        for each in list(found):
            while len(each) > 1 and each[-1] in self._trailing:
                each = each[:-1]
                found.append(each)
        yield from dict.fromkeys(found)

    def told(self, description: Phrase) -> Meaning | None:
        """What the longest expression of a description means that names relations; of equals, the first."""
        for length in range(min(LONGEST, len(description)), 0, -1):
            for start in range(len(description) - length + 1):
                meaning = self._groups.get(description[start : start + length])
                if meaning is not None and meaning.ways:
                    return meaning
        return None

    def asks_for_prose(self, description: Phrase) -> bool:
        """Whether a description says that text is wanted."""
        return any(
            description[start : start + length] in self.prose
            for length in range(1, LONGEST + 1)
            for start in range(len(description))
        )

    def counted(self, name: Phrase) -> Phrase | None:
        """What a name asks the number of: `number of friends`, `friend count`; None: it is no such name."""
        for opening in self._count:
            if name[: len(opening)] == opening and len(name) > len(opening):
                return name[len(opening) :]
        return name[:-1] if len(name) > 1 and name[-1:] in self._counted else None

    def dated(self, name: Phrase) -> Phrase | None:
        """What a name asks the day of: `wedding date`; None: it is no such name."""
        return name[:-1] if len(name) > 1 and name[-1:] in self._dated else None


@cache
def lexicon() -> Lexicon:
    """The one that is shipped."""
    return Lexicon(_data())


def phrase(name: str) -> Phrase:
    """The words of a name in one form: `jobTitles`, `job_title` and `Job title` are the same."""
    return tuple(map(_singular, words(_HUMP.sub(" ", name))))


def is_plural(name: str) -> bool:
    """Whether the last word of a name says that there are several."""
    last = words(_HUMP.sub(" ", name))[-1:]
    return bool(last) and _singular(last[0]) != _spelled(last[0])


def _singular(word: str) -> str:
    known = _data()["singular"].get(word)
    if known is not None:
        return str(known)
    if len(word) > 3 and word.isascii():
        if word.endswith("ies") and len(word) > 4:
            word = f"{word[:-3]}y"
        elif word.endswith(_SIBILANT):
            word = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    return _spelled(word)


def _spelled(word: str) -> str:
    return str(_data()["spellings"].get(word, word))


def _way(written: str) -> Way:
    return Way(written.removeprefix("<"), written.startswith("<"))


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(files(__package__).joinpath("data", "properties.json").read_text("utf-8"))
    return data


def type_phrase(type_: str) -> Phrase:
    """The words of a relation's type."""
    return phrase(type_.lower())


def own_way(name: Phrase, type_: str) -> Way | None:
    """How a relation's own type says what a property is called: `sister` is HAS_SISTER, and SISTER_OF turned round."""
    said = type_phrase(type_)
    if said == name:
        return Way(type_)
    core = _bare(said)
    if core[-1:] == ("of",) and core[:-1] == name:
        return Way(type_, inverse=True)
    if core == name or (said[:1] == ("has",) and name and core[: len(name)] == name):
        return Way(type_)
    return None


_HELPERS = frozenset({"has", "is", "a", "an", "the", "was"})


def _bare(said: Sequence[str]) -> Phrase:
    start = 0
    while start < len(said) and said[start] in _HELPERS:
        start += 1
    return tuple(said[start:])
