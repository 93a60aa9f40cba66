"""`GraphStore.talk`: what was said before and after, in one round trip."""

from __future__ import annotations

from graphmem.queries import Talk, Turn
from graphmem.stores.neo4j.past import seen_by
from graphmem.stores.neo4j.session import Tx

__all__ = ["talk"]


async def talk(tx: Tx, asked: Talk) -> dict[str, tuple[Turn, ...]]:
    """The turns around each memory that is one."""
    if not asked.memory_ids:
        return {}
    seen = await seen_by(tx, asked.view)
    params = {
        **seen.params,
        "ids": list(dict.fromkeys(asked.memory_ids)),
        "reach": asked.reach,
        "pause": asked.pause,
    }
    found = {}
    for memory_id, before, here, after in await tx.rows("walk/talk", params, visible=seen.visible):
        if memory_id in here[2]:
            row = [*reversed(before), here, *after]
            found[memory_id] = tuple(
                Turn(each, place - len(before), role, name)
                for place, (role, name, told) in enumerate(row)
                for each in sorted(told)
            )
    return found
