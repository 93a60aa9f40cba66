"""The domain as JSON lines and back: what export writes and import reads, with nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from typing import Any

from graphmem.changes import (
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
)
from graphmem.engine.requests import (
    FEEDBACK,
    MAX_TEXT,
    read_categories,
    read_day,
    read_metadata,
    read_moment,
    read_scope,
)
from graphmem.errors import InvalidInput
from graphmem.ids import check_id
from graphmem.models import SCOPE_FIELDS, Entity, Episode, Event, Memory, Mention, Origin, Relation, Revision, Scope
from graphmem.text import clean

__all__ = ["decode", "encode"]

Writable = PutEpisode | PutEntity | PutRelation | PutMemory | PutRevision

# Derived or given by the store that reads the line.
_NOT_STORED = {
    "entity": {"type", "aliases", "mention_count", "revision"},
    "relation": {"memory_ids", "revision"},
    "memory": {"revision"},
    "episode": {"revision"},
    "revision": set(),
}
_MOMENTS = frozenset({"observed_at", "valid_at", "invalid_at", "created_at", "updated_at", "expired_at", "at"})


def encode(operation: Operation) -> dict[str, Any]:
    """One operation as a JSON-ready object; `type` says which."""
    match operation:
        case PutEpisode(episode):
            return {"type": "episode", **_plain(episode, "episode")}
        case PutEntity(entity):
            return {"type": "entity", **_plain(entity, "entity")}
        case PutRelation(relation):
            # A relation's own type is called `relationship`, as everywhere on the wire.
            plain = _plain(relation, "relation")
            return {"type": "relation", "relationship": plain.pop("type"), **plain}
        case PutMemory(memory):
            return {"type": "memory", **_plain(memory, "memory")}
        case PutRevision(revision):
            return {"type": "revision", **_plain(revision, "revision")}
    raise TypeError(f"{type(operation).__name__} is not exported")


def _plain(model: Any, kind: str) -> dict[str, Any]:
    left_out = _NOT_STORED[kind]
    return {each.name: _value(getattr(model, each.name)) for each in fields(model) if each.name not in left_out}


def _value(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Scope() | Origin() | Mention():
            return {each.name: getattr(value, each.name) for each in fields(value)}
        case tuple():
            return [_value(each) for each in value]
        case Mapping():
            return dict(value)
    return value


def decode(line: Mapping[str, Any], project: str) -> Writable:
    """The operation that a line describes, in `project`, wherever it was exported.

    Everything is checked as at the door: what came from a file may have been written by anybody. Raises `InvalidInput`
    naming what is wrong with it.
    """
    kind = str(line.get("type"))
    if kind not in _KINDS:
        raise InvalidInput(f"A line of type {repr(kind)[:80]} is not known.", hint=f"Known are {', '.join(_KINDS)}.")
    model, put = _KINDS[kind]
    given = {name: value for name, value in line.items() if name != "type"}
    if kind == "relation":
        given["type"] = given.pop("relationship", None)
    wanted = {each.name: each for each in fields(model) if each.name not in _NOT_STORED[kind]}
    if unknown := next((name for name in given if name not in wanted), None):
        raise InvalidInput(f"A line of type {kind!r} does not know {unknown[:80]!r}.", field=unknown[:80])
    values = {name: _read(each, given.get(name)) for name, each in wanted.items() if name in given or _is_needed(each)}
    if "scope" in values:
        values["scope"] = read_scope(project, values["scope"])
    if "project" in values:
        values["project"] = project
    operation: Writable = put(model(**values))
    return operation


_KINDS: dict[str, tuple[Any, Callable[[Any], Writable]]] = {
    "episode": (Episode, PutEpisode),
    "entity": (Entity, PutEntity),
    "relation": (Relation, PutRelation),
    "memory": (Memory, PutMemory),
    "revision": (Revision, PutRevision),
}


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _read(field: Field[Any], value: Any) -> Any:
    if value is None:
        if "None" in str(field.type):
            return None
        raise InvalidInput(f"{field.name!r} is missing.", field=field.name)
    return _reader(field.name)(value, field.name)


def _reader(name: str) -> Callable[[Any, str], Any]:
    return _FIELDS.get(name, _text)


def _text(value: Any, field: str) -> str:
    """Text as it was stored: checked like the caller's, but not trimmed."""
    clean(value, field=field, max_length=MAX_TEXT)
    return str(value)


def _content(value: Any, field: str) -> str:
    """What an episode held: nothing, once it was redacted."""
    return "" if value == "" else _text(value, field)


def _relation_type(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise InvalidInput(
            f"{repr(value)[:80]} is not a type of relation.", hint="Write it like WORKS_AT.", field=field
        )
    return value


def _object(value: Any, field: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not known.issuperset(value):
        raise InvalidInput(f"{field!r} has to be an object of {', '.join(sorted(known))}.", field=field)
    return value


def _scope(value: Any, field: str) -> Mapping[str, Any]:
    return _object(value, field, _SCOPE)


def _origin(value: Any, field: str) -> Origin:
    given = _object(value, field, _ORIGIN)
    return Origin(**{name: _text(each, f"{field}.{name}") for name, each in given.items() if each is not None})


def _mentions(value: Any, field: str) -> tuple[Mention, ...]:
    return tuple(_mention(_object(each, field, _MENTION), field) for each in _list(value, field))


def _mention(value: Mapping[str, Any], field: str) -> Mention:
    kind = value.get("type")
    return Mention(
        entity_id=check_id(value.get("entity_id", ""), field=field),
        name=_text(value.get("name"), field),
        type=None if kind is None else _text(kind, field),
    )


def _ids(value: Any, field: str) -> tuple[str, ...]:
    return tuple(check_id(each, field=field) for each in _list(value, field))


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInput(f"{field!r} has to be a list.", field=field)
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{field!r} has to be true or false.", field=field)
    return value


def _event(value: Any, field: str) -> Event:
    if value not in list(Event):
        raise InvalidInput(f"{repr(value)[:80]} is not an event.", field=field)
    return Event(value)


def _feedback(value: Any, field: str) -> str:
    if value not in FEEDBACK:
        raise InvalidInput(f"{field!r} is one of {', '.join(FEEDBACK)}, or null.", field=field)
    return str(value)


def _state(value: Any, field: str) -> dict[str, Any]:
    """A revision's state: empty after a deletion, else all that `Memory.with_state` reads."""
    if value == {}:
        return {}
    given = _object(value, field, _STATE)
    if missing := next((name for name in sorted(_STATE) if name not in given), None):
        raise InvalidInput(f"{field!r} lacks {missing!r}.", field=field)
    needed = ("text", "metadata", "categories")
    return {
        name: None if each is None and name not in needed else _value(_reader(name)(each, f"{field}.{name}"))
        for name, each in given.items()
    }


def _id(value: Any, field: str) -> str:
    return check_id(value, field=field)


def _metadata(value: Any, _: str) -> dict[str, Any]:
    return read_metadata(value)


def _categories(value: Any, _: str) -> tuple[str, ...]:
    return read_categories(value)


_SCOPE = frozenset({"project", *SCOPE_FIELDS})
_ORIGIN = frozenset(each.name for each in fields(Origin))
_MENTION = frozenset(each.name for each in fields(Mention))
_STATE = frozenset(
    {"text", "superseded_by", "metadata", "valid_at", "invalid_at", "expired_at", "categories", "expiration_date"}
)
_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)

_FIELDS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(("id", "memory_id", "subject_id", "object_id", "superseded_by"), _id),
    **dict.fromkeys(_MOMENTS, read_moment),
    **dict.fromkeys(("relation_ids", "episode_ids"), _ids),
    "expiration_date": read_day,
    "type": _relation_type,
    "content": _content,
    "scope": _scope,
    "origin": _origin,
    "mentions": _mentions,
    "metadata": _metadata,
    "categories": _categories,
    "immutable": _flag,
    "event": _event,
    "feedback": _feedback,
    "state": _state,
}
"""How to read a field, by its name; the others are text. Only relations are written with a `type` of their own."""
