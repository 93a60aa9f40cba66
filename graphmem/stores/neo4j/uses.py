"""The names and types that mentions use, and what an entity is called by them.

They are counted on the entity's node, in the same transaction, so that a change of one memory costs the same however
many others mention the entity. Each name in use has a node of its own besides, to be found by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphmem.models import Entity
from graphmem.stores.documents import dumped, loaded
from graphmem.stores.neo4j.rows import folded_name, label_of, stored_entity_fields

__all__ = ["Called", "Uses"]

Counts = dict[str, int]


@dataclass(slots=True)
class _Known:
    """An entity as the store has it; of a new one, nothing."""

    name: str | None = None
    type: str | None = None
    degree: int = 0
    revision: int = 0
    names: Counts = field(default_factory=dict)
    types: Counts = field(default_factory=dict)


@dataclass(slots=True)
class _Change:
    """What a change does to an entity: the mentions it adds and takes away, and what it puts."""

    names: Counts = field(default_factory=dict)
    types: Counts = field(default_factory=dict)
    memories: int = 0
    put: Entity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What became of an entity."""

    id: str
    renamed: bool
    changed: bool
    gone: bool
    row: dict[str, Any] | None  # None: nothing of it has to be written
    came: tuple[str, ...]
    went: tuple[str, ...]


class Uses:
    """The mentions that a change adds and takes away, by entity."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._changes: dict[str, _Change] = {}

    def know(self, id_: str, name: str, type_: str | None, degree: int, revision: int, uses: str) -> None:
        """An entity of the partition, as the store has it."""
        counts = loaded(uses)
        known = _Known(name, type_, degree, revision, counts["names"], counts["types"])
        self._known[id_] = known

    def put(self, entity: Entity) -> None:
        """The entity's stored part is written."""
        self._change(entity.id).put = entity

    def count(self, mentions: Iterable[Sequence[Any]], by: int) -> None:
        """One memory's mentions (entity id, name, type) more or less: `by` is 1 or -1."""
        seen: set[str] = set()
        for id_, name, type_ in mentions:
            change = self._change(id_)
            change.names[name] = change.names.get(name, 0) + by
            if type_ is not None:
                change.types[type_] = change.types.get(type_, 0) + by
            if id_ not in seen:
                seen.add(id_)
                change.memories += by

    def _change(self, id_: str) -> _Change:
        change = self._changes.get(id_)
        if change is None:
            change = self._changes[id_] = _Change()
        return change

    def settled(self, revision: int) -> Iterator[Called]:
        """Every entity that the change touched: called by a name in use, its counts kept."""
        for id_, change in self._changes.items():
            yield self._settled(id_, change, revision)

    def _settled(self, id_: str, change: _Change, revision: int) -> Called:
        known = self._known.get(id_, _Known())
        names, types = dict(known.names), dict(known.types)
        came, went = _add(names, change.names)
        _add(types, change.types)
        degree = known.degree + change.memories
        name = change.put.name if change.put is not None else known.name
        assert name is not None  # what is neither put nor there cannot be mentioned
        if names and name not in names:
            name = min(names, key=lambda each: (-names[each], each))
        type_ = min(types, key=lambda each: (-types[each], each), default=None)
        renamed = name != (name if known.name is None else known.name)
        changed = bool(renamed or came or went) or type_ != known.type
        fields = {
            **({} if change.put is None else stored_entity_fields(change.put)),
            "name": name,
            "key": folded_name(name)[0],
            "type": type_,
            "aliases": sorted(each for each in names if each != name),
            "uses": dumped({"names": names, "types": types}),
            "degree": degree,
            "revision": revision if changed or change.put is not None else known.revision,
        }
        label, before = label_of(type_), label_of(known.type)
        row = {
            "id": id_,
            "fields": fields,
            "labels": [label] if label and label != before else [],
            "no_labels": [before] if before and label != before else [],
        }
        same = change.put is None and (degree, names, types) == (known.degree, known.names, known.types)
        return Called(
            id=id_,
            renamed=renamed,
            changed=changed,
            gone=not degree,
            row=None if same else row,
            came=tuple(came),
            went=tuple(went),
        )

    def shared_name(self, called: Iterable[Called], holders: Iterable[Sequence[str]]) -> str | None:
        """A folded name that two entities share in the end, if there is one among those that came into use.

        `holders` are (folded name, entity id) as the store has them.
        """
        owners: dict[str, set[str]] = {}
        for key, id_ in holders:
            if id_ not in self._changes:
                owners.setdefault(key, set()).add(id_)
        new: set[str] = set()
        for each in called:
            new.update(folded_name(name)[0] for name in each.came)
            names = (set(self._known.get(each.id, _Known()).names) | set(each.came)) - set(each.went)
            for name in names:
                owners.setdefault(folded_name(name)[0], set()).add(each.id)
        return min((key for key in new if len(owners[key]) > 1), default=None)


def _add(counts: Counts, changes: Counts) -> tuple[list[str], list[str]]:
    """Add the changes; what came into use, and what fell out of it."""
    came, went = [], []
    for value, by in changes.items():
        if by:
            before = counts.get(value, 0)
            counts[value] = before + by
            if not before:
                came.append(value)
            if not counts[value]:
                went.append(value)
                del counts[value]
    return came, went
