"""`GraphStore.known`: what planning has to know of a partition, in a transaction that is already open.

The first statement locks the partition for reading, so that no writer is half done while the others look.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from graphmem.models import Entity
from graphmem.queries import Known, KnownQuery
from graphmem.stores.neo4j.found import entity_from, episode_from, memory_from, relation_from
from graphmem.stores.neo4j.session import Tx

__all__ = ["known", "things"]


async def known(tx: Tx, query: KnownQuery) -> Known:
    """The answer; an unknown partition is empty, with sequence 0."""
    first = await tx.one("known/first", _asked(query))
    if first is None:
        return Known()
    called: dict[str, str] = dict(first["called"])
    called |= {query.selves[self_of]: id_ for self_of, id_ in first["selves"]}
    memories, relations = set(first["memories"]), set(first["relations"])
    slots = [[called[name], type_] for name, type_ in query.slots if name in called]
    pairs = [[called[a], called[b]] for a, b in query.pairs if a in called and b in called]
    if slots or pairs or relations:
        [row] = await tx.rows("known/relations", {"slots": slots, "pairs": pairs, "ids": sorted(relations)})
        relations.update(row["relations"])
        memories.update(row["memories"])
    names = sorted({*query.names, *query.selves.values()} & called.keys())
    found = await things(
        tx,
        memories=memories,
        relations=relations,
        entities={called[name] for name in names},
        episodes=first["episodes"],
    )
    entities: dict[str, Entity] = {row[0]: entity_from(row) for row in found["entities"]}
    return Known(
        sequence=first["sequence"],
        entities={name: entities[called[name]] for name in names},
        memories={row[0]: memory_from(row) for row in found["memories"]},
        relations=tuple(relation_from(row) for row in found["relations"]),
        episodes=tuple(episode_from(row) for row, _ in found["episodes"]),
        sources={row[0]: tuple(sorted(ids)) for row, ids in found["episodes"]},
    )


def _asked(query: KnownQuery) -> dict[str, Any]:
    names = {*query.names, *query.selves.values(), *(name for name, _ in query.slots)}
    names.update(name for pair in query.pairs for name in pair)
    of_run = query.run_id is not None
    return {
        "project": query.partition.project,
        "owner": query.partition.owner,
        "names": sorted(names),
        "selves": sorted(query.selves),
        "memory_ids": sorted(query.memory_ids),
        "texts": sorted(query.texts),
        "dependents": query.dependents,
        "run": query.run_id or "",
        "last": 0 if of_run else query.last_episodes,
        "last_of_run": query.last_episodes if of_run else 0,
    }


async def things(tx: Tx, **ids: Collection[str]) -> dict[str, list[Any]]:
    """`known/things` of these ids, by kind; nothing is asked for nothing."""
    if not any(ids.values()):
        return {kind: [] for kind in ids}
    [row] = await tx.rows("known/things", {kind: sorted(set(each)) for kind, each in ids.items()})
    return row.data()
