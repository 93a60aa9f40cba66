"""`GraphStore.walk` and `around`: one hop in one round trip, bounded on hubs or by the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphmem.models import Subgraph
from graphmem.queries import Around, Hop, Node, Walk
from graphmem.stores.neo4j.found import entity_from, relation_from
from graphmem.stores.neo4j.past import seen_by
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.statements import Condition

__all__ = ["around", "walk"]

_MOST = 1_000
"""How many of a hub's relations and memories are looked at, the newest, to find visible ones among them. What is
preferred is found beyond."""


async def walk(tx: Tx, asked: Walk) -> Hop:
    """The hop."""
    if not (asked.entity_ids or asked.facts) or asked.hub_cap < 1:
        return Hop()
    seen = await seen_by(tx, asked.view)
    params = {
        **seen.params,
        "entities": list(dict.fromkeys(asked.entity_ids)),
        "cap": asked.hub_cap,
    }
    gaps = {"own": seen.own, "visible": seen.visible}
    if asked.last:
        params["prefer"] = list(asked.prefer_memories)
        return await _last(tx, params, gaps) if asked.memories else Hop()
    params |= {
        "facts": list(asked.facts),
        "most": max(_MOST, asked.hub_cap),
        "memories": asked.memories,
        "prefer_relations": _places(asked.prefer_relations),
        "prefer_memories": _places(asked.prefer_memories),
    }
    gaps |= {"drawn": seen.drawn, "timely": seen.timely}
    ((facts, relations, mentions, nodes),) = await tx.rows("walk/hop", params, **gaps)
    return Hop(
        facts=tuple(facts),
        relations=tuple([relation_from(row) for row in relations]),
        mentions=tuple([(memory, entity) for memory, entities in mentions for entity in entities]),
        nodes={row[0]: Node(*row) for row in nodes},
    )


async def around(tx: Tx, asked: Around) -> Subgraph:
    """The relations, and the visible entities at their ends."""
    seen = await seen_by(tx, asked.view)
    params = {
        **seen.params,
        **seen.hiding,
        "entities": list(dict.fromkeys(asked.entity_ids)),
        "without": list(asked.known),
        "limit": asked.limit,
    }
    typed = Condition("true")
    if asked.types is not None:
        typed = Condition("r.type IN $v_types")
        params["v_types"] = list(asked.types)
    gaps = {"own": seen.own, "timely": seen.timely, "typed": typed, "visible": seen.visible}
    ((relations, entities),) = await tx.rows("walk/around", params, **gaps)
    return Subgraph(
        entities=tuple([entity_from(row) for row in entities]),
        relations=tuple([relation_from(row) for row in relations]),
    )


async def _last(tx: Tx, params: Mapping[str, Any], gaps: Mapping[str, Condition]) -> Hop:
    met = [row for (some,) in await tx.rows("walk/last", params, **gaps) for row in some]
    return Hop(
        mentions=tuple([(memory, row[0]) for *row, memories in met for memory in memories]),
        nodes={row[0]: Node(*row) for *row, _ in met},
    )


def _places(ids: Iterable[str]) -> dict[str, int]:
    return {id_: place for place, id_ in enumerate(ids)}
