"""Relation types: how words become one, and which types exclude each other.

A type is *functional* when a subject has one object in it at a time (lives in), alone or together with the other
types of its *slot* (moved to). Two types are *opposite* when of one subject and object only one can hold (likes,
dislikes); the denial of a type is `NOT_` and the type. What is known of types is data, `data/predicates.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from graphmem.errors import InvalidInput
from graphmem.text import words

__all__ = ["RELATED_TO", "Predicate", "Registry", "relation_type"]

RELATED_TO = "RELATED_TO"
"""The type of relations whose words make none."""

NOT_RELATED_TO = "NOT_RELATED_TO"
"""The denial of such a relation."""

_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_REMEMBERED = 16_384
"""Labels read before the memory of them starts anew: models invent labels without end."""
_PARTS = ("functional", "opposites", "same", "past", "naming", "negations", "adverbs", "trailing")


def relation_type(label: str) -> str:
    """The type that words make: `works at` and `worksAt` are `WORKS_AT`, `WORKS_AT` is itself.

    Words that make no valid type (another script, too many, a digit first) are `RELATED_TO`.
    """
    if _TYPE.fullmatch(label):
        return label
    made = "_".join(words(_HUMP.sub(" ", label))).upper()
    return made if _TYPE.fullmatch(made) else RELATED_TO


@dataclass(frozen=True, slots=True)
class Predicate:
    """What a relation's words mean.

    `slot` names what the subject has one object for at a time, `kin` are the types that fill it; `negated` says that
    the relation is a denial; `naming` that its object is a name of its subject; `worded` that the type does not
    tell such relations apart, only the label does.
    """

    type: str
    label: str
    slot: str | None = None
    kin: frozenset[str] = frozenset()
    negated: bool = False
    naming: bool = False
    worded: bool = False


class Registry:
    """What is known of relation types; `extra` adds to what `base` knows (the data file), in the shape of that file.

    A slot of `extra` replaces the slot of that name (an empty one is not functional any longer); opposites are added;
    the other parts are merged. Raises `InvalidInput` for another shape.
    """

    def __init__(self, extra: Mapping[str, Any] | None = None, *, base: Registry | None = None) -> None:
        known: Mapping[str, Any] = base._data if base else _shipped()
        self._data: dict[str, Any] = _merged(known, {} if extra is None else _checked(extra))
        data = self._data
        self._synonyms: dict[str, tuple[str, ...]] = data["same"]
        self._same = {other: type_ for type_, others in data["same"].items() for other in others}
        self._past = {other: type_ for type_, others in data["past"].items() for other in others}
        self._slots = {type_: (name, types) for name, types in data["functional"].items() for type_ in types}
        self._patterns = tuple(type_[:-1] for type_ in self._slots if type_.endswith("*"))
        self._naming = frozenset(data["naming"])
        self._negations: dict[str, str] = dict(sorted(data["negations"].items(), key=lambda pair: -len(pair[0])))
        self._adverbs: tuple[str, ...] = tuple(f"{adverb}_" for adverb in data["adverbs"])
        self._trailing: tuple[str, ...] = tuple(data["trailing"])
        self._opposites: dict[str, set[str]] = {}
        self._denied: dict[str, set[str]] = {}
        for group in data["opposites"]:
            self._oppose(group["positive"], group["negative"])
        self._predicates: dict[tuple[str, bool, bool], Predicate] = {}
        self._readings: dict[str, tuple[str, bool]] = {}

    def _oppose(self, positive: Iterable[str], negative: Iterable[str]) -> None:
        positive, negative = tuple(positive), tuple(negative)
        for one, others in ((positive, negative), (negative, positive)):
            for type_ in one:
                self._opposites.setdefault(type_, set()).update(others)
            self._denied.setdefault(one[0], set()).update(one)

    def read(self, label: str, *, negated: bool = False, ended: bool = False) -> Predicate:
        """What a draft's label means. `ended` says that its interval has a known end.

        Words become the usual type among those that say the same (`works for`: `WORKS_AT`), and a past tense whose
        end is known the type itself (`lived in`: `LIVES_IN`). A label that is a type already is kept.
        """
        key = (label, negated, ended)
        predicate = self._predicates.get(key)
        if predicate is None:
            if len(self._predicates) >= _REMEMBERED:
                self._predicates.clear()
            predicate = self._predicates[key] = self._read(*key)
        return predicate

    def of(self, type_: str) -> Predicate:
        """What a stored type means."""
        return self.read(type_)

    def opposed(self, one: str, other: str) -> bool:
        """Whether two types exclude each other where subject and object are the same."""
        (first, denied), (second, other_denied) = self._reading(one), self._reading(other)
        if denied and other_denied:
            return False
        if denied:
            return first == second or second in self._denied.get(first, ())
        if other_denied:
            return first == second or first in self._denied.get(second, ())
        return second in self._opposites.get(first, ())

    # -- reading

    def _read(self, label: str, negated: bool, ended: bool) -> Predicate:
        words_said = " ".join(label.split())
        made = relation_type(label)
        given = made == label
        base, denied = self._reading(made)
        if negated or denied:
            type_ = made if given and denied else f"NOT_{made if given else base}"
            shown = (words_said if denied else f"not {words_said}") if not given else _spoken(type_)
            type_ = type_ if _TYPE.fullmatch(type_) else NOT_RELATED_TO
            return Predicate(type_, shown, negated=True, worded=type_ == NOT_RELATED_TO)
        if not given and ended:
            base = self._past.get(made, base)
        type_ = made if given else base
        slot, kin = self._slot(base)
        naming = base in self._naming
        shown = _spoken(made) if given else words_said
        return Predicate(type_, shown, slot, kin, naming=naming, worded=naming or type_ == RELATED_TO)

    def _reading(self, type_: str) -> tuple[str, bool]:
        """The usual type that is stated, and whether it is denied."""
        reading = self._readings.get(type_)
        if reading is None:
            if len(self._readings) >= _REMEMBERED:
                self._readings.clear()
            reading = self._readings[type_] = self._analysed(type_)
        return reading

    def _analysed(self, type_: str) -> tuple[str, bool]:
        if type_ in self._same or type_ in self._opposites:
            return self._same.get(type_, type_), False
        for adverb in self._adverbs:
            if type_.startswith(adverb):
                return self._reading(type_.removeprefix(adverb))
        for opening, left in self._negations.items():
            if type_.startswith(f"{opening}_"):
                rest = type_[len(opening) + 1 :]
                for ending in self._trailing:
                    rest = rest.removesuffix(f"_{ending}")
                if left == "+s":
                    rest = _third_person(rest)
                elif left:
                    rest = f"{left}_{rest}"
                return self._same.get(rest, rest), True
        return type_, False

    def _slot(self, base: str) -> tuple[str | None, frozenset[str]]:
        if base in self._slots:
            name, types = self._slots[base]
            return name, frozenset(each for type_ in types for each in (type_, *self._synonyms.get(type_, ())))
        if base.startswith(self._patterns):
            return base, frozenset({base})
        return None, frozenset()


def _spoken(type_: str) -> str:
    return type_.lower().replace("_", " ")


def _third_person(type_: str) -> str:
    """`LIKE_TO_EAT` as `LIKES_TO_EAT`."""
    verb, _, rest = type_.partition("_")
    if verb == "HAVE":
        verb = "HAS"
    elif verb.endswith(("S", "X", "Z", "CH", "SH", "O")):
        verb += "ES"
    elif verb.endswith("Y") and verb[-2:-1] not in "AEIOU":
        verb = f"{verb[:-1]}IES"
    else:
        verb += "S"
    return f"{verb}_{rest}" if rest else verb


@cache
def _shipped() -> dict[str, Any]:
    data = json.loads(files(__package__).joinpath("data", "predicates.json").read_text("utf-8"))
    return _checked(data)


def _merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {name: base.get(name) for name in _PARTS}
    for name, part in extra.items():
        if isinstance(part, Mapping):
            merged = {**data[name], **part}
            if name in ("same", "past"):
                merged |= {key: (*data[name].get(key, ()), *part[key]) for key in part}
            data[name] = merged
        else:
            data[name] = (*data[name], *part)
    return data


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` if it has the shape of the data file, without what it says `about` itself."""
    if not isinstance(data, Mapping):
        raise InvalidInput("Predicates should be an object.", hint=_HINT, field="predicates")
    parts = {name: part for name, part in data.items() if name != "about"}
    for name, part in parts.items():
        if name not in _PARTS:
            raise InvalidInput(
                f"Predicates have no part {name!r}.",
                hint=_HINT,
                field="predicates",
            )
        if name == "functional":
            if not isinstance(part, Mapping) or not all(_are_types(types, endings="*") for types in part.values()):
                raise _misshapen(name, "an object of lists of types")
        elif name in ("same", "past"):
            if not isinstance(part, Mapping) or not all(map(_are_types, (tuple(part), *part.values()))):
                raise _misshapen(name, "an object of types, each with a list of types")
        elif name == "opposites":
            pairs = isinstance(part, list | tuple) and all(isinstance(each, Mapping) for each in part)
            if not pairs or not all(each.get(side) and _are_types(each[side]) for each in part for side in _SIDES):
                raise _misshapen(name, "a list of objects with positive and negative types")
        elif name == "negations":
            texts = isinstance(part, Mapping) and all(isinstance(left, str) for left in part.values())
            if not texts or not _are_types(tuple(part)):
                raise _misshapen(name, "an object of openings, each with a text")
        elif not _are_types(part):
            raise _misshapen(name, "a list of types")
    return parts


_SIDES = ("positive", "negative")
_HINT = f"They have {', '.join(_PARTS)}."


def _are_types(value: Any, endings: str = "") -> bool:
    if not isinstance(value, list | tuple):
        return False
    return all(isinstance(each, str) and _TYPE.fullmatch(each.removesuffix(endings)) for each in value)


def _misshapen(name: str, shape: str) -> InvalidInput:
    return InvalidInput(f"{name!r} should be {shape}; a type is written like WORKS_AT.", field=f"predicates.{name}")
