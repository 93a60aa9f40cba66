"""`GraphStore.talk`: what was said before and after, in a transaction that is already open."""

from __future__ import annotations

from datetime import timedelta

from graphmem.queries import Talk, Turn
from graphmem.stores.sqlite.past import seen_by
from graphmem.stores.sqlite.rows import json_array
from graphmem.stores.sqlite.session import Row, Session

__all__ = ["talk"]


def talk(session: Session, asked: Talk) -> dict[str, tuple[Turn, ...]]:
    """The turns around each memory that is one."""
    if not asked.memory_ids:
        return {}
    pause = asked.pause // timedelta(microseconds=1)
    ids = json_array(dict.fromkeys(asked.memory_ids))
    around: dict[str, list[Row]] = {}
    for memory_id, *episode in session.all("walk/around", ids=ids, reach=asked.reach, pause=pause):
        around.setdefault(memory_id, []).append(tuple(episode))
    if not around:
        return {}
    seen = seen_by(session, asked.view)
    episodes = json_array({row[0] for rows in around.values() for row in rows})
    told: dict[int, list[str]] = {}
    for episode_pk, memory_id in session.seen("walk/told", {**seen.params, "episodes": episodes}, visible=seen.visible):
        told.setdefault(episode_pk, []).append(memory_id)
    found = {}
    for memory_id, rows in around.items():
        here = rows[0][0]  # its own comes first
        if memory_id in told.get(here, ()):
            rows.sort(key=lambda row: (row[1], row[2], row[0]))
            first = next(place for place, row in enumerate(rows) if row[0] == here)
            found[memory_id] = tuple(
                Turn(each, place - first, role, name)
                for place, (pk, _, _, role, name) in enumerate(rows)
                for each in sorted(told.get(pk, ()))
            )
    return found
