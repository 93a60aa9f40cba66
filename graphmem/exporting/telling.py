"""Telling what is known without a model: a profile as data, and a summary in sentences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from graphmem.exporting.facts import full_names, name_of
from graphmem.exporting.world import Edge, World, best_first, joined

__all__ = ["SUMMARY", "profile_of", "summary_of"]

SUMMARY = 800
"""Characters of a summary: what fits into a prompt unnoticed, and is read at a glance."""

MAX_OBJECTS = 5
"""Objects of one relation that a sentence names; of the rest it tells how many."""

RECENT = 2
"""Memories told at the end, of what no relation above states."""


def profile_of(world: World) -> dict[str, Any]:
    """Who it is, what holds of it (`facts`, by relation in words), what others say of it (`incoming`), and how much
    is remembered. `name` is null where the scope is no one person, or the person never told it."""
    entity = world.named(world.own)
    names = full_names(entity, world.owner) if entity else []
    edges = world.about(world.own)
    said = [memory.observed_at for memory in world.memories]
    counts = Counter(each for memory in world.memories for each in memory.categories)
    return {
        "name": names[0] if names else None,
        "aliases": [each for each in entity.aliases if each not in names[:1]] if entity else [],
        "facts": _by_label([edge for edge in edges if not edge.inverse]),
        "incoming": _by_label([edge for edge in edges if edge.inverse]),
        "categories": dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        "memories": len(world.memories),
        "first_seen": min(said).isoformat() if said else None,
        "last_seen": max(said).isoformat() if said else None,
    }


def summary_of(world: World, length: int = SUMMARY) -> str:
    """What is known in a few sentences of at most `length` characters; empty where nothing is."""
    told: list[str] = []
    covered: set[str] = set()
    for sentence in _sentences(world):
        if sum(map(len, told)) + len(told) + len(sentence.text) <= length:
            told.append(sentence.text)
            covered |= sentence.memories
    rest = [memory for memory in best_first(world.memories) if memory.id not in covered]
    if told:
        rest = sorted(rest, key=lambda memory: memory.observed_at, reverse=True)[:RECENT]
    left = length - sum(map(len, told)) - len(told)
    closing = joined(rest, left) if left > 0 else ""
    if told and closing.endswith("…"):
        closing = ""  # half a memory says less than none
    return " ".join([*told, *([closing] if closing else [])])


class _Sentence(NamedTuple):
    text: str
    memories: frozenset[str]


def _sentences(world: World) -> Iterator[_Sentence]:
    if not world.own:
        return
    name = name_of(world, world.own[0]) if len(world.own) == 1 else None
    edges = world.about(world.own)
    left = {edge.relation.id: edge for edge in edges}
    for theme in (*_themes(), _Theme((), ())):
        ours = [edge for edge in left.values() if not edge.inverse and theme.tells(edge.type)]
        theirs = [edge for edge in left.values() if edge.inverse and theme.hears(edge.type)]
        for edge in (*ours, *theirs):
            del left[edge.relation.id]
        if ours:
            subject = name or "The user"
            yield _Sentence(f"{subject} {_clauses(ours)}.", _stating(ours))
        for edge in theirs[:MAX_OBJECTS]:
            text = f"{edge.other.name} {edge.relation.label} {name or 'the user'}."
            yield _Sentence(text, _stating([edge]))


def _clauses(edges: Sequence[Edge]) -> str:
    """``works at Acme and works as engineer``: one clause a label, the newest objects first."""
    newest_first = sorted(edges, key=lambda edge: (-edge.since.timestamp(), edge.other.name))
    clauses = [f"{label} {_listed(objects)}" for label, objects in _by_label(newest_first).items()]
    return _listed(clauses, most=len(clauses))


def _listed(items: Sequence[str], most: int = MAX_OBJECTS) -> str:
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{len(items) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _by_label(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """What edges lead to, by the words of each relation's type."""
    labels: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {}
    for edge in edges:
        label = labels.setdefault(edge.type, edge.relation.label)
        found.setdefault(label, {})[edge.other.name] = None
    return {label: list(names) for label, names in found.items()}


def _stating(edges: Sequence[Edge]) -> frozenset[str]:
    return frozenset(memory_id for edge in edges for memory_id in edge.relation.memory_ids)


class _Theme(NamedTuple):
    relations: tuple[str, ...]
    incoming: tuple[str, ...]

    def tells(self, type_: str) -> bool:
        """Whether a relation belongs here; to the last theme, which names none, all that is left does."""
        return not self.relations or _among(type_, self.relations)

    def hears(self, type_: str) -> bool:
        """Whether it does from the other side."""
        return not self.relations or _among(type_, self.incoming)


def _among(type_: str, types: Sequence[str]) -> bool:
    return any(type_ == each or (each.endswith("*") and type_.startswith(each[:-1])) for each in types)


@cache
def _themes() -> tuple[_Theme, ...]:
    data = json.loads(files(__package__).joinpath("data", "themes.json").read_text("utf-8"))
    return tuple(_Theme(tuple(each["relations"]), tuple(each.get("incoming", ()))) for each in data["themes"])
