"""Many memories in one call: all are looked at before the first is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.requests import read_update
from graphmem.errors import InvalidInput, NotFound, TooLarge

from ..wire import Json
from .given import Call, Given, memory_id

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

MOST = 1_000
"""Memories in one call, as with mem0."""


@router.put("/v1/batch")
async def update(call: Call) -> Json:
    """Change memories, each under its id."""
    backend = call.backend("writer")
    changes = [(id_, _changes(item)) for id_, item in await _items(call, backend)]
    for id_, change in changes:
        await backend.update(id_, change)
    return Json({"message": f"Successfully updated {len(changes)} memories"})


@router.delete("/v1/batch")
async def delete(call: Call) -> Json:
    """Delete memories."""
    backend = call.backend("writer")
    ids = dict.fromkeys(id_ for id_, _ in await _items(call, backend))
    for id_ in ids:
        await backend.delete(id_)
    return Json({"message": f"Successfully deleted {len(ids)} memories"})


async def _items(call: Given, backend: LocalBackend) -> list[tuple[str, Mapping[str, Any]]]:
    """The items with their ids. Raises `NotFound` if one of the memories is not there."""
    items = call.body.get("memories")
    if not isinstance(items, list) or not items:
        raise InvalidInput("'memories' is a list of objects with a 'memory_id'.", field="memories")
    if len(items) > MOST:
        raise TooLarge(
            f"'memories' has {len(items)} elements, more than the {MOST} allowed.",
            field="memories",
            limit=MOST,
            actual=len(items),
        )
    found = []
    for item in items:
        item = item if isinstance(item, Mapping) else {"memory_id": item}
        found.append((memory_id(item.get("memory_id", item.get("id"))), item))
    there = await call.memories(backend, {id_ for id_, _ in found})
    for id_, _ in found:
        if id_ not in there:
            raise NotFound(f"There is no memory {id_!r}.", kind="memory", id=id_)
    return found


def _changes(item: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: item[name] for name in ("text", "metadata") if item.get(name) is not None}
    read_update(changes)
    return changes
