"""What the rules know of English, read once from the data files and unfolded into look-up tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

__all__ = ["Form", "Lexicon", "Role", "Verb", "lexicon"]

Kind = Literal["state", "habit", "taste", "event", "start", "end"]
Tense = Literal["present", "past", "participle", "gerund", "base"]
Slot = Literal["start", "end", "deny"]

BE: Mapping[str, Tense] = {
    "am": "present",
    "is": "present",
    "are": "present",
    "'s": "present",
    "was": "past",
    "were": "past",
    "been": "participle",
    "being": "gerund",
    "be": "base",
    "become": "base",
    "became": "past",
    "becomes": "present",
}
"""The forms of "be" (and "become", which for what is said about somebody comes to the same) and their tenses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What a verb phrase says as a relation; see `data/verbs.json`."""

    label: str
    kind: Kind
    takes: Literal["name", "person", "thing"]
    subject: str | None = None
    object: str | None = None
    can: Literal["yes", "deny", "not"] | None = None
    inverse: bool = False
    slots: Mapping[str, Slot] = field(default_factory=dict)
    then: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """One written form of a verb phrase: the words after the first, the tense, and the phrase in its base form."""

    rest: tuple[str, ...]
    tense: Tense
    base: str
    verb: Verb


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is to somebody else."""

    name: str
    type: str
    gender: str | None
    is_plural: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All tables, keyed by lower-case words.

    `forms` are found by their first word and then by the second ("" where there is none), longest first; `third` maps
    base verbs to their -s form.
    """

    forms: Mapping[str, Mapping[str, tuple[Form, ...]]]
    roles: Mapping[str, Role]
    alone: frozenset[str]
    qualifiers: frozenset[str]
    traits: frozenset[str]
    occupations: frozenset[str]
    attributes: Mapping[str, str]
    third: Mapping[str, str]
    past: frozenset[str]
    simple_past: frozenset[str]
    finite: frozenset[str]
    gerunds: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    patterns: Mapping[str, re.Pattern[str]]
    lists: Mapping[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The tables of the data files."""
    verbs, kin, words = (_load(name) for name in ("verbs", "kin", "words"))
    irregular = {base: (past, participle) for base, past, participle in map(str.split, verbs["irregular"])}
    bases = {*irregular, *" ".join(verbs["regular"]).split()}
    sets = {
        name: frozenset(value.split()) for name, value in words.items() if isinstance(value, str) and name != "about"
    }
    return Lexicon(
        forms=_forms(verbs["relations"], irregular),
        roles=_roles(kin["roles"]),
        **{name: frozenset(kin[name].split()) for name in ("alone", "qualifiers", "traits", "occupations")},
        attributes=kin["attributes"],
        third={base: _third(base) for base in bases} | {"have": "has"},
        past=frozenset(form for base in bases for form in _past(base, irregular)),
        simple_past=frozenset(form for base in bases for form in _simple_past(base, irregular)),
        finite=frozenset([*map(_third, bases), *_FINITE]),
        gerunds={_gerund(base): base for base in bases},
        words=sets,
        patterns={
            name: re.compile("|".join(f"(?:{line})" for line in words[name]))
            for name in ("questions", "requests", "knowledge", "offers", "idle")
        },
        lists={name: tuple(words[name]) for name in ("tags", "lead_ins")},
    )


_FINITE = ("is", "are", "was", "were", "am", "has", "have", "had", "do", "does", "did", "will", "would", "can", "could")


def _load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("data", f"{name}.json").read_text("utf-8"))
    return data


# --- inflection -------------------------------------------------------------------------------------------


def _third(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{base}es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return f"{base[:-1]}ies"
    return f"{base}s"


_DOUBLING = re.compile(
    r"(?:qu|[^aeiou])*[aeiou][bdgklmnprt]|.*(?:mit|gret|cur|trol|egin|travel|cancel|program)|(?:pre|re|trans|in|con)fer"
)


def _stem(base: str) -> str:
    """What -ed and -ing hang on, where the consonant doubles ("stop", "prefer")."""
    return base + base[-1] if _DOUBLING.fullmatch(base) else base


def _past(base: str, irregular: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    if base in irregular:
        return irregular[base]
    if base.endswith("e"):
        return (f"{base}d",)
    if base.endswith("y") and base[-2] not in "aeiou":
        return (f"{base[:-1]}ied",)
    stem = _stem(base)
    return (f"{stem}ed",) if stem == base else (f"{stem}ed", f"{base}ed")


def _simple_past(base: str, irregular: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    return _past(base, irregular)[:1] if base in irregular else _past(base, irregular)


def _gerund(base: str) -> str:
    if base.endswith("ie"):
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return f"{base[:-1]}ing"
    return f"{_stem(base)}ing"


def _forms(
    relations: Iterable[Mapping[str, Any]], irregular: Mapping[str, tuple[str, str]]
) -> Mapping[str, Mapping[str, tuple[Form, ...]]]:
    found: dict[str, dict[str, list[Form]]] = {}
    for entry in relations:
        verb = Verb(**{key: value for key, value in entry.items() if key not in ("verbs", "forms")})
        for phrase in entry["verbs"]:
            given = entry.get("forms", {}).get(phrase)
            first, *rest = phrase.split()
            for form, tense in _given(given) if given else _inflected(first, irregular):
                head, *more = form.split()
                tail = more or rest
                found.setdefault(head, {}).setdefault(tail[0] if tail else "", []).append(
                    Form(tuple(tail), tense, phrase, verb)
                )
    # The longest first: "work at" before "work".
    return {
        head: {second: tuple(sorted(forms, key=lambda form: -len(form.rest))) for second, forms in seconds.items()}
        for head, seconds in found.items()
    }


def _given(forms: Iterable[str]) -> Iterable[tuple[str, Tense]]:
    return [(form, "past") for form in forms]


def _inflected(base: str, irregular: Mapping[str, tuple[str, str]]) -> Iterable[tuple[str, Tense]]:
    if base == "be":
        return list(BE.items())
    forms: dict[str, Tense] = {}
    past = _past(base, irregular)
    for form in past[1:]:
        forms[form] = "participle"
    forms[past[0]] = "past"
    if base not in irregular:
        forms.update(dict.fromkeys(past, "past"))
    forms[base] = "base"
    forms["has" if base == "have" else _third(base)] = "present"
    forms[_gerund(base)] = "gerund"
    return list(forms.items())


def _roles(roles: Mapping[str, Mapping[str, str]]) -> Mapping[str, Role]:
    found: dict[str, Role] = {}
    for name, entry in roles.items():
        words = entry["words"].split()
        for word in words:
            is_plural = (word.endswith(("s", "ren")) and word not in ("boss", "sis")) or word == "children"
            found[word] = Role(name, entry.get("type", "Person"), entry.get("gender"), is_plural)
    return found
