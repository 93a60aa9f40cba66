"""The domain as JSON lines and back: what export writes and import reads, with nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
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
from graphmem.errors import InvalidInput
from graphmem.models import Entity, Episode, Event, Memory, Mention, Origin, Relation, Revision, Scope

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


def decode(line: Mapping[str, Any]) -> Writable:
    """The operation that a line describes. Raises `InvalidInput` naming what is wrong with it."""
    kind = line.get("type")
    reader = _READERS.get(str(kind))
    if reader is None:
        raise InvalidInput(f"A line of type {kind!r} is not known.", hint=f"Known are {', '.join(_READERS)}.")
    try:
        return reader({key: _read(key, value) for key, value in line.items() if key != "type"})
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidInput(f"A line of type {kind!r} cannot be read: {error}.") from error


def _read(key: str, value: Any) -> Any:
    if value is None:
        return None
    if key in _MOMENTS:
        return datetime.fromisoformat(value)
    if key == "expiration_date":
        return date.fromisoformat(value)
    if key == "scope":
        return Scope(**value)
    if key == "origin":
        return Origin(**value)
    if key == "mentions":
        return tuple(Mention(**each) for each in value)
    if key in ("categories", "relation_ids", "episode_ids"):
        return tuple(value)
    return value


def _relation(line: dict[str, Any]) -> PutRelation:
    return PutRelation(Relation(type=line.pop("relationship"), **line))


def _revision(line: dict[str, Any]) -> PutRevision:
    return PutRevision(Revision(**{**line, "event": Event(line["event"])}))


_READERS: dict[str, Callable[[dict[str, Any]], Writable]] = {
    "episode": lambda line: PutEpisode(Episode(**line)),
    "entity": lambda line: PutEntity(Entity(**line)),
    "relation": _relation,
    "memory": lambda line: PutMemory(Memory(**line)),
    "revision": _revision,
}
