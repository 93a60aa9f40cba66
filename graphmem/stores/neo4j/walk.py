"""`GraphStore.walk`: one hop in one round trip, bounded on hubs."""

from __future__ import annotations

from graphmem.queries import Hop, Node, Walk
from graphmem.stores.neo4j.found import relation_from
from graphmem.stores.neo4j.past import seen_by
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.statements import Condition

__all__ = ["walk"]

_MOST = 1_000
"""How many of a hub's relations and memories are looked at, the newest, to find visible ones among them. What is
preferred is found beyond."""


async def walk(tx: Tx, asked: Walk) -> Hop:
    """The hop."""
    if not asked.entity_ids or asked.hub_cap < 1:
        return Hop()
    seen = await seen_by(tx, asked.view)
    params = {
        **seen.params,
        "entities": list(dict.fromkeys(asked.entity_ids)),
        "cap": asked.hub_cap,
        "most": max(_MOST, asked.hub_cap),
        "memories": asked.memories,
        "last": asked.last,
        "prefer_relations": {id_: place for place, id_ in enumerate(asked.prefer_relations)},
        "prefer_memories": {id_: place for place, id_ in enumerate(asked.prefer_memories)},
    }
    gaps = {"own": seen.own, "visible": seen.visible, "timely": seen.timely}
    if asked.types is not None:
        gaps["typed"] = Condition("r.type IN $v_types")
        params["v_types"] = list(asked.types)
    ((relations, mentions, nodes),) = await tx.rows("walk/hop", params, **gaps)
    return Hop(
        relations=tuple([relation_from(row) for row in relations]),
        mentions=tuple([(memory, entity) for memory, entities in mentions for entity in entities]),
        nodes={row[0]: Node(*row) for row in nodes},
    )
