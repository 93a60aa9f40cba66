"""The names and types that mentions use, and what an entity is called by them.

They are counted beside the mentions, in the same transaction, so that a change of one memory costs the same
however many others mention the entity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphmem.stores.sqlite.rows import folded_name, json_array
from graphmem.stores.sqlite.session import Session

__all__ = ["Called", "Uses"]


@dataclass(slots=True)
class _Use:
    """How an entity is mentioned: by which names, as which types, by how many memories."""

    names: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    memories: int = 0

    def type(self) -> str | None:
        """The most frequent type; ties: the first in alphabetical order."""
        return min(self.types, key=lambda name: (-self.types[name], name), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What became of an entity."""

    pk: int
    id: str
    renamed: bool
    changed: bool
    gone: bool


@dataclass(slots=True)
class Uses:
    """The mentions that a change adds and takes away, by entity."""

    session: Session
    partition: int
    revision: int
    changes: dict[int, _Use] = field(default_factory=dict)
    new_keys: set[str] = field(default_factory=set)  # folded names that were not in use for their entity

    def touch(self, entity: int) -> _Use:
        """What changes for the entity."""
        use = self.changes.get(entity)
        if use is None:
            use = self.changes[entity] = _Use()
        return use

    def count(self, entity: int, name: str, type_: str | None, by: int, *, memories: int) -> None:
        """One mention more or less (`by` is 1 or -1), and so many memories that mention the entity."""
        use = self.touch(entity)
        use.names[name] = use.names.get(name, 0) + by
        if type_ is not None:
            use.types[type_] = use.types.get(type_, 0) + by
        use.memories += memories

    def settle(self, names_before: dict[int, str]) -> list[Called]:
        """Write the counts, and call each entity by what is in use; say what changed.

        `names_before` are the names of entities that this change wrote, as they were before. An entity that no
        memory mentions is only named as gone: removing it is the caller's.
        """
        if not self.changes:
            return []
        pks = json_array(self.changes)
        total = {pk: _Use() for pk in self.changes}
        for pk, kind, value, count in self.session.all("write/uses", pks=pks):
            (total[pk].names if kind == "name" else total[pk].types)[value] = count
        found: list[Called] = []
        rows: list[dict[str, Any]] = []
        for pk, id_, name, type_, degree, revision in self.session.all("write/named", pks=pks):
            use, change = total[pk], self.changes[pk]
            came, went = _add(use.names, change.names)
            _add(use.types, change.types)
            self.new_keys.update(folded_name(each)[0] for each in came)
            degree += change.memories
            best = name
            if use.names and name not in use.names:
                best = min(use.names, key=lambda each, names=use.names: (-names[each], each))  # type: ignore[misc]
            renamed = best != names_before.get(pk, name)
            changed = bool(renamed or came or went) or type_ != use.type()
            found.append(Called(pk=pk, id=id_, renamed=renamed, changed=changed, gone=not degree))
            if best != name or changed or change.memories:
                rows.append(
                    {
                        "pk": pk,
                        "name": best,
                        "key": folded_name(best)[0],
                        "type": use.type(),
                        "degree": degree,
                        "revision": self.revision if changed else revision,
                    }
                )
        self._write(total, rows)
        return found

    def _write(self, total: dict[int, _Use], rows: list[dict[str, Any]]) -> None:
        put: list[dict[str, Any]] = []
        drop: list[dict[str, Any]] = []
        for pk, use in self.changes.items():
            for kind, changes, counts in (("name", use.names, total[pk].names), ("type", use.types, total[pk].types)):
                for value, by in changes.items():
                    if by:
                        row = {"entity": pk, "kind": kind, "value": value, "count": counts.get(value, 0)}
                        (put if row["count"] else drop).append(row)
        for row in put:
            key, phrase = folded_name(row["value"]) if row["kind"] == "name" else (None, None)
            row |= {"partition": self.partition, "key": key, "phrase": phrase}
        self.session.many("write/call_entity", rows)
        self.session.many("write/put_use", put)
        self.session.many("write/drop_use", drop)


def _add(counts: dict[str, int], changes: dict[str, int]) -> tuple[list[str], list[str]]:
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
