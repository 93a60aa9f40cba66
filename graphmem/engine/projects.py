"""Projects: what is set for a tenant, and holds for all that is said and asked in it.

A project needs no making: whatever a key opens is one, and nothing set is what the settings of the process say. What is
set lies with the house, so that all projects are listed at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from graphmem.abc import GraphStore
from graphmem.engine.keys import MAX_NAME, close_project
from graphmem.engine.records import HOUSE
from graphmem.engine.requests import read_category_choice, read_instructions, read_metadata, read_words
from graphmem.engine.swap import swap
from graphmem.errors import InvalidInput, NotSupported
from graphmem.extraction.registry import Registry
from graphmem.ids import new_id, utc_now
from graphmem.text import clean

__all__ = ["ProjectRecord", "Projects"]

REFRESH = 2.0
"""Seconds after which a record is read again: so long may one that another process changed still hold."""

MOST = 10_000
"""Records kept in memory."""

PREFIX = "project:"
"""How the settings are called that hold records; the project's name follows."""

STEERING = ("custom_instructions", "agent_custom_instructions", "includes", "excludes")
"""What only an extractor that understands words can follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRecord:
    """What is set for a project.

    - `created_at` is None for a project that nobody made by name: it is there because somebody works in it.
    - `custom_instructions`, `includes`, `excludes`, `custom_categories` hold for adds that bring none of their own;
      `agent_custom_instructions` in place of the first for agents' own memories, and for what an assistant said.
      Categories that are empty, not None, are none to choose from.
    - `multilingual` is kept and given back. It changes nothing: text always stays in the language it came in.
    - `decay`: searches let what is old fade. `enable_graph`: searches walk the graph and answer relations.
    - `predicates` are relations of the project's own, added to those of the process; see `Registry`.
    - `kept` are names of mem0's that mean nothing here, `profiles` what is set for profiles; both are given back.
    """

    id: str
    name: str
    description: str | None = None
    created_at: datetime | None = None
    custom_instructions: str | None = None
    agent_custom_instructions: str | None = None
    includes: str | None = None
    excludes: str | None = None
    custom_categories: Mapping[str, str] | None = None
    multilingual: bool = False
    decay: bool = False
    enable_graph: bool = True
    predicates: Mapping[str, Any] | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """It as JSON, without what is only kept."""
        stored = {name: getattr(self, name) for name in _NAMES if name not in ("kept", "profiles")}
        return {**stored, "created_at": None if self.created_at is None else self.created_at.isoformat()}


_NAMES = tuple(each.name for each in fields(ProjectRecord))


class Projects:
    """The projects of a store. `clock` counts seconds; `follows_words` says whether the extractor in use does.

    `registry` is what is known of relation types wherever a project says nothing else.
    """

    def __init__(
        self,
        store: GraphStore,
        *,
        follows_words: bool = True,
        registry: Registry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._follows_words = follows_words
        self._registry = registry or Registry()
        self._registries: dict[str, tuple[Mapping[str, Any], Registry]] = {}
        self._clock = clock
        self._records: dict[str, tuple[float, ProjectRecord]] = {}
        self._created: tuple[float, tuple[str, ...]] = (float("-inf"), ())
        self._changes = 0

    async def get(self, project: str) -> ProjectRecord:
        """What is set for the project, as it was at most `REFRESH` seconds ago. One that nobody made has defaults."""
        until, record = self._records.get(project, (float("-inf"), None))
        if record is not None and self._clock() < until:
            return record
        before = self._changes
        record = _read(project, await self._store.setting(HOUSE, PREFIX + project))
        if before == self._changes:  # else it may be from before a change that this process made
            while len(self._records) >= MOST:
                del self._records[next(iter(self._records))]
            self._records[project] = (self._clock() + REFRESH, record)
        return record

    async def registry(self, project: str) -> Registry:
        """What is known of relation types in the project; as current as `get`."""
        own = (await self.get(project)).predicates
        if not own:
            return self._registry
        known, registry = self._registries.get(project, (None, self._registry))
        if known != own:
            while len(self._registries) >= MOST:
                del self._registries[next(iter(self._registries))]
            registry = Registry(own, base=self._registry)
            self._registries[project] = own, registry
        return registry

    async def listed(self) -> list[ProjectRecord]:
        """Those that were made or had something set, as they are now, in the order in which they were made."""
        found = await self._store.settings(HOUSE, PREFIX)
        records = [_read(name.removeprefix(PREFIX), stored) for _, name, stored in found]
        return sorted(records, key=lambda each: (each.created_at.isoformat() if each.created_at else "", each.id))

    async def created(self) -> tuple[str, ...]:
        """The ids of those that were made, as of at most `REFRESH` seconds ago."""
        until, ids = self._created
        if self._clock() < until:
            return ids
        before = self._changes
        ids = tuple(each.id for each in await self.listed() if each.created_at is not None)
        if before == self._changes:
            self._created = (self._clock() + REFRESH, ids)
        return ids

    def forget(self, project: str) -> None:
        """Read this project again before its next use."""
        self._changes += 1
        self._records.pop(project, None)
        self._created = (float("-inf"), ())

    async def create(self, name: str, description: str | None = None) -> ProjectRecord:
        """Make a project; its id is random. Raises `InvalidInput`."""
        record = ProjectRecord(
            id=new_id(),
            name=_called(name, "name"),
            description=read_words(description, "description"),
            created_at=utc_now(),
        )
        await self._store.put_setting(HOUSE, PREFIX + record.id, _stored(record))
        self.forget(record.id)
        return record

    async def change(self, project: str, **changes: Any) -> ProjectRecord:
        """Set some of the record's fields; those not named stay, and None, or an empty text, clears.

        Raises `InvalidInput` for what cannot be set so, and `NotSupported` for words that the extractor in use cannot
        follow: they would be set, and never be heeded.
        """
        read = self._checked(changes)

        def changed(stored: Any) -> Any:
            return _stored(_read(project, {**(stored or {}), **read}))

        stored = await swap(self._store, HOUSE, PREFIX + project, changed)
        self.forget(project)
        return _read(project, stored)

    async def remove(self, project: str) -> None:
        """Forget the project: what is set for it, all settings kept in it, and who was granted it or invited.

        Its memories are not this room's: `Forget.delete_all` deletes them, before.
        """
        for where, name, _ in await self._store.settings(project):
            await self._store.put_setting(where, name, None)
        await close_project(self._store, project)
        await self._store.put_setting(HOUSE, PREFIX + project, None)
        self.forget(project)

    def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        unknown = [name for name in changes if name not in _READERS]
        if unknown:
            raise InvalidInput(
                f"A project has no {unknown[0]!r} that could be set.",
                hint=f"It has {', '.join(_READERS)}.",
                field=unknown[0],
            )
        read = {name: _READERS[name](value, name) for name, value in changes.items()}
        deaf = [name for name in STEERING if read.get(name) is not None]
        if deaf and not self._follows_words:
            raise NotSupported(
                f"{deaf[0]!r} takes a model to follow, and none is configured here.",
                hint="Set GRAPHMEM_LLM where the memory is opened, then set it.",
                field=deaf[0],
            )
        return read


def _called(value: Any, field: str) -> str:
    return clean(value, field=field, max_length=MAX_NAME)


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{field!r} is true or false, not {value!r}.", field=field)
    return value


def _predicates(value: Any, field: str) -> dict[str, Any] | None:
    read = read_metadata(value, field) or None  # as large as metadata may be
    Registry(read)
    return read


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "name": _called,
    "description": read_words,
    **dict.fromkeys(STEERING, read_instructions),
    "custom_categories": lambda value, _: read_category_choice(value),
    **dict.fromkeys(("multilingual", "decay", "enable_graph"), _flag),
    "predicates": _predicates,
    **dict.fromkeys(("kept", "profiles"), read_metadata),
}
"""What can be set, and how each is read."""


def _stored(record: ProjectRecord) -> dict[str, Any]:
    """The record as JSON; what is as it is by default is left out."""
    plain = ProjectRecord(id=record.id, name=record.id)
    kept = {name: value for name in _NAMES if (value := getattr(record, name)) != getattr(plain, name)}
    if record.created_at is not None:
        kept["created_at"] = record.created_at.isoformat()
    return kept


def _read(project: str, stored: Any) -> ProjectRecord:
    """The record; `stored` may hold names that another version of graphmem knows."""
    known = {name: value for name, value in (stored or {}).items() if name in _NAMES}
    if made := known.get("created_at"):
        known["created_at"] = datetime.fromisoformat(made)
    return ProjectRecord(**{"name": project, **known, "id": project})
