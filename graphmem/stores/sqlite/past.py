"""What the store knew at some time: memories rewound by their history, and what a view saw of them then.

A rewound memory lies in no table, so what is visible is decided in Python, by `View.sees` itself, over all that
scope and time of creation let through. It costs about 20 µs for each memory of the partitions that are read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from graphmem.filters import Leaf, widen
from graphmem.models import Memory
from graphmem.queries import View
from graphmem.stores.sqlite.hydrate import json_array, memories_by_id
from graphmem.stores.sqlite.moments import micros
from graphmem.stores.sqlite.rows import loaded, memory_from
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import Sight, among, sight

__all__ = ["linked", "rewound", "seen_by"]

# What history does not change (see `Memory.state`), so that the tables may be asked for it.
_STEADY = frozenset(
    {"id", "user_id", "agent_id", "app_id", "run_id", "attributed_to", "immutable"}
    | {"created_at", "updated_at", "observed_at"}
)


def rewound(session: Session, view: View, known_at: datetime, ids: frozenset[str] | None = None) -> dict[str, Memory]:
    """The memories (among `ids`) that `view` saw at `known_at`, as they were then, without their links."""
    where = widen(view.where, _steady)
    wide = replace(view, where=where, as_of=None, known_at=None, include_superseded=True, include_expired=True)
    seen = sight(wide, driving=ids is None)
    params = {**seen.params, "known_at": micros(known_at)}
    if ids is None:
        rows = session.seen("past/memories", params, visible=seen.visible)
    else:
        params["v_ids"] = json_array(ids)
        rows = session.seen("past/memories", params, visible=seen.visible, asked=among("m.id", "v_ids"))
    found: dict[str, Memory] = {}
    for *row, state in rows:
        memory = memory_from(tuple(row), (), (), ())
        if state is not None:
            memory = memory.with_state(loaded(state))
        if view.sees(memory):
            found[memory.id] = memory
    return found


def linked(session: Session, memories: dict[str, Memory]) -> dict[str, Memory]:
    """Rewound memories with their links, which history does not rewind."""
    present = memories_by_id(session, memories)
    return {
        id_: replace(
            memory,
            mentions=present[id_].mentions,
            relation_ids=present[id_].relation_ids,
            episode_ids=present[id_].episode_ids,
        )
        for id_, memory in memories.items()
    }


def seen_by(session: Session, view: View, *, driving: bool = False) -> Sight:
    """`sight`, for a view at any time: one of the past is given as the ids of what it saw."""
    seen = sight(view, driving=driving)
    if view.known_at is None:
        return seen
    ids = rewound(session, view, view.known_at)
    params = {**seen.params, "v_seen": json_array(ids)}
    return replace(seen, visible=among("m.id", "v_seen"), params=params)


def _steady(leaf: Leaf) -> bool:
    return leaf.field in _STEADY
