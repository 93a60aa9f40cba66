"""`GraphStore.known`: what planning has to know of a partition, in a transaction that is already open.

The first statement locks the partition for reading, so that no writer is half done while the others look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from neo4j import Record

from graphmem.queries import Known, KnownQuery
from graphmem.stores.neo4j.found import entity_from, episode_from, memory_from, relation_from
from graphmem.stores.neo4j.session import Tx

__all__ = ["known", "things"]

_MOST = 2**31 - 1
"""The highest place in a list that Cypher can name."""


async def known(tx: Tx, queries: Sequence[KnownQuery]) -> tuple[Known, ...]:
    """The answers, one each; an unknown partition is empty, with sequence 0."""
    order = sorted(range(len(queries)), key=lambda place: queries[place].partition)
    asked = [_asked(queries[place]) for place in order]
    most = {name: max(row[name] for row in asked) for name in ("last", "last_of_run")}
    rows = await tx.rows("known/first", {"queries": asked, **most})
    searches = {order[row["place"]]: _Search(queries[order[row["place"]]], row) for row in rows}
    if linked := [search for search in searches.values() if search.is_linked]:
        for row in await tx.rows("known/relations", {"queries": [search.links for search in linked]}):
            linked[row["place"]].relations.update(row["relations"])
            linked[row["place"]].memories.update(row["memories"])
    found = _Found(
        await things(
            tx,
            memories=[id_ for search in searches.values() for id_ in search.memories],
            relations=[id_ for search in searches.values() for id_ in search.relations],
            entities=[id_ for search in searches.values() for id_ in search.entities.values()],
            episodes=[id_ for search in searches.values() for id_ in search.episodes],
        )
    )
    return tuple(searches[place].answer(found) if place in searches else Known() for place in range(len(queries)))


class _Found:
    """What was found for all queries, by id, made of its rows once; in the order of the rows."""

    def __init__(self, rows: Mapping[str, list[Any]]) -> None:
        self.memories = {row[0]: memory_from(row) for row in rows["memories"]}
        self.relations = {row[0]: relation_from(row) for row in rows["relations"]}
        self.entities = {row[0]: entity_from(row) for row in rows["entities"]}
        self.episodes = {row[0]: episode_from(row) for row, _ in rows["episodes"]}
        self.sources = {row[0]: tuple(sorted(ids)) for row, ids in rows["episodes"]}
        self.places = {id_: place for place, id_ in enumerate(self.episodes)}


class _Search:
    """What a query asks for, by id, as far as it is known."""

    def __init__(self, query: KnownQuery, first: Record) -> None:
        self._query = query
        self._called: dict[str, str] = dict(first["called"])
        self._called |= {query.selves[self_of]: id_ for self_of, id_ in first["selves"]}
        self._sequence = first["sequence"]
        self.memories: set[str] = set(first["memories"])
        self.relations: set[str] = set(first["relations"])
        self.episodes: set[str] = set(first["episodes"])
        names = sorted({*query.names, *query.selves.values()} & self._called.keys())
        self.entities = {name: self._called[name] for name in names}

    @property
    def links(self) -> dict[str, list[Any]]:
        """What `known/relations` is asked."""
        ids = self._called
        return {
            "slots": [[ids[name], type_] for name, type_ in self._query.slots if name in ids],
            "pairs": [[ids[a], ids[b]] for a, b in self._query.pairs if a in ids and b in ids],
            "ids": sorted(self.relations),
        }

    @property
    def is_linked(self) -> bool:
        """Whether it has to be."""
        return any(self.links.values())

    def answer(self, found: _Found) -> Known:
        """Its part of what was found."""
        episodes = sorted(self.episodes & found.places.keys(), key=found.places.__getitem__)
        return Known(
            sequence=self._sequence,
            entities={name: found.entities[id_] for name, id_ in self.entities.items()},
            memories={id_: found.memories[id_] for id_ in sorted(self.memories & found.memories.keys())},
            relations=tuple(found.relations[id_] for id_ in sorted(self.relations & found.relations.keys())),
            episodes=tuple(found.episodes[id_] for id_ in episodes),
            sources={id_: found.sources[id_] for id_ in episodes},
        )


def _asked(query: KnownQuery) -> dict[str, Any]:
    names = {*query.names, *query.selves.values(), *(name for name, _ in query.slots)}
    names.update(name for pair in query.pairs for name in pair)
    of_run = query.run_id is not None
    last = min(query.last_episodes, _MOST)
    return {
        "project": query.partition.project,
        "owner": query.partition.owner,
        "names": sorted(names),
        "selves": sorted(query.selves),
        "memory_ids": sorted(query.memory_ids),
        "texts": sorted(query.texts),
        "dependents": query.dependents,
        "run": query.run_id or "",
        "last": 0 if of_run else last,
        "last_of_run": last if of_run else 0,
    }


async def things(tx: Tx, **ids: Collection[str]) -> dict[str, list[Any]]:
    """`known/things` of these ids, by kind; nothing is asked for nothing."""
    if not any(ids.values()):
        return {kind: [] for kind in ids}
    [row] = await tx.rows("known/things", {kind: sorted(set(each)) for kind, each in ids.items()})
    return row.data()
