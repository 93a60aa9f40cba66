"""What the store knew at some time, and what Cypher cannot say: memories looked at one by one, by `View.sees`.

Time travel takes each memory of the partitions that are read as its history says it was, and asks the view of that;
a filter that is too large for Cypher, or compares what Neo4j orders otherwise, is asked of each memory that the rest
of the view shows. Both cost about 50 µs a memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from graphmem.filters import TRUE, matches
from graphmem.models import Memory, Revision
from graphmem.queries import View
from graphmem.stores.neo4j.found import loaded, memory_from, micros, revision_from
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.neo4j.where import Sight, sight

__all__ = ["history", "own_sight", "rewound", "seen", "seen_by"]

_BATCH = 2_000
_ALL = 2**31
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_NO_LINKS: tuple[Any, ...] = ((), (), ())


def own_sight(view: View) -> Sight | None:
    """What a view of the present shows, if Cypher can say all of it."""
    shown = sight(view)
    return shown if shown.rest == TRUE else None


async def seen_by(tx: Tx, view: View) -> Sight:
    """`sight`, for every view: what Cypher cannot say is given as the ids of what is seen."""
    shown = sight(view)
    if view.known_at is None and shown.rest == TRUE:
        return shown
    return shown.among([id_ for _, id_ in await seen(tx, view)])


async def seen(tx: Tx, view: View, ids: Collection[str] | None = None) -> list[tuple[int, str]]:
    """Times of creation (microseconds) and ids of the memories (among `ids`) that the view sees, at any time."""
    shown = sight(view)
    return [
        (micros(memory.created_at), memory.id)
        async for memory in _candidates(tx, view, shown, ids)
        if (view.sees(memory) if view.known_at is not None else matches(shown.rest, memory.fields()))
    ]


async def _candidates(tx: Tx, view: View, shown: Sight, ids: Collection[str] | None) -> AsyncIterator[Memory]:
    """The memories, without links, that the view may see, as they were at its time; by id, or in batches."""
    params: dict[str, Any] = dict(shown.params)
    name = "past/present"
    if view.known_at is not None:
        name, params["known_at"] = "past/then", view.known_at.astimezone(UTC)
    if ids is not None:
        rows = await tx.rows(f"{name}_among", {**params, "ids": list(ids)}, visible=shown.visible)
        for row in rows:
            yield _as_it_was(row)
        return
    if view.owners is None or len(view.owners) > 1:
        rows = await tx.rows("read/owners", {**params, "limit": _ALL}, place=shown.place, visible=shown.visible)
        for (owner,) in rows:
            one = replace(view, owners=(owner,))
            async for memory in _candidates(tx, one, sight(one), None):
                yield memory
        return
    params |= {"at": _FIRST, "id": "", "limit": _BATCH}
    while True:
        rows = await tx.rows(name, params, visible=shown.visible)
        found = [_as_it_was(row) for row in rows]
        for memory in found:
            yield memory
        if len(found) < _BATCH:
            return
        params |= {"at": found[-1].created_at, "id": found[-1].id}


def _as_it_was(row: Any) -> Memory:
    memory = memory_from((*row[0], *_NO_LINKS))
    state = row[1] if len(row) > 1 else None
    return memory if state is None else memory.with_state(loaded(state))


async def rewound(tx: Tx, view: View, ids: Collection[str]) -> dict[str, Memory]:
    """Memories of the view's project and owners as they were at its time. (History does not rewind links.)"""
    if not ids:
        return {}
    shown = sight(replace(view, where=TRUE, as_of=None, include_superseded=True, include_expired=True))
    params = {**shown.params, "ids": list(ids)}
    rows = await tx.rows("read/memories", {**params, "links": True}, visible=shown.visible)
    present = {row[0][0]: memory_from(row[0]) for row in rows}
    if view.known_at is None:
        return present
    states = await tx.rows("past/states", {**params, "known_at": view.known_at.astimezone(UTC)})
    return present | {id_: present[id_].with_state(loaded(state)) for id_, state in states if id_ in present}


async def history(tx: Tx, project: str, memory_id: str) -> list[Revision]:
    """Of the memory and all it superseded, oldest first."""
    rows = await tx.rows("past/history", {"project": project, "id": memory_id})
    return [revision_from(row[0]) for row in rows]
