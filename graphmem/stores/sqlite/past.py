"""What the store knew at some time: memories as their history says they were, and what a view saw of them then.

A statement takes each memory of the partitions that are read as it was, and asks the view of that. It costs
about 10 µs a memory: time travel looks at all of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from graphmem.models import Memory
from graphmem.queries import View
from graphmem.stores.sqlite.hydrate import memories_by_id
from graphmem.stores.sqlite.moments import micros
from graphmem.stores.sqlite.rows import json_array, loaded
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import Sight, among, sight
from graphmem.stores.statements import Condition

__all__ = ["rewound", "seen_by", "seen_then"]


def seen_then(
    session: Session, view: View, known_at: datetime, ids: tuple[str, ...] | None = None
) -> list[tuple[str, int]]:
    """Ids and times of creation (microseconds) of the memories (among `ids`) that `view` saw at `known_at`."""
    seen = sight(view)
    params = {**seen.params, "known_at": micros(known_at)}
    asked = Condition("true")
    if ids is not None:
        asked = among("m.id", "v_ids")
        params["v_ids"] = json_array(ids)
    within = seen.within if ids is None else Condition("true")
    rows = session.seen("past/visible", params, within=within, asked=asked, visible=seen.visible)
    return [(id_, created_at) for id_, created_at in rows]


def rewound(session: Session, known_at: datetime, ids: list[str]) -> dict[str, Memory]:
    """Memories as they were at `known_at`, in the order asked for. (History does not rewind links.)"""
    present = memories_by_id(session, ids)
    states = session.all("past/states", ids=json_array(present), known_at=micros(known_at))
    return {id_: present[id_] if state is None else present[id_].with_state(loaded(state)) for id_, state in states}


def seen_by(session: Session, view: View, *, driving: bool = False) -> Sight:
    """`sight`, for a view at any time: one of the past is given as the ids of what it saw."""
    seen = sight(view, driving=driving)
    if view.known_at is None:
        return seen
    params = {**seen.params, "v_seen": json_array(id_ for id_, _ in seen_then(session, view, view.known_at))}
    return replace(seen, visible=among("m.id", "v_seen"), params=params)
