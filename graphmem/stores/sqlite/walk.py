"""`GraphStore.walk`: one hop, bounded on hubs, in a transaction that is already open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from graphmem.models import Relation
from graphmem.queries import Hop, Node, Walk
from graphmem.stores.sqlite.past import seen_by
from graphmem.stores.sqlite.rows import json_array, relation_from
from graphmem.stores.sqlite.session import Row, Session
from graphmem.stores.statements import Condition

__all__ = ["walk"]

_MOST = 2_000
"""How many of a hub's relations and mentions are looked at, the newest, to find visible ones among them. What is
preferred is found beyond. A view that sees none of them costs a few milliseconds."""

_AT, _ID, _PK = 1, 2, 3  # where walk/*memories has time, id and row number
_RELATION_ID, _RELATION_AT = 1, 9  # where walk/*relations has id and time


def walk(session: Session, asked: Walk) -> Hop:
    """The hop. Of a hub, the statements look at no more than the cap and what is hidden before it, up to a bound."""
    if not (asked.entity_ids or asked.facts) or asked.hub_cap < 1:
        return Hop()
    seen = seen_by(session, asked.view)
    params: dict[str, Any] = {**seen.params, "cap": asked.hub_cap, "most": _MOST}
    gaps = {"visible": seen.visible, "timely": seen.timely}
    facts: list[Row] = []
    if asked.facts and not asked.last:
        facts = session.seen("walk/facts", {**params, "facts": json_array(asked.facts)}, **gaps)
    nodes = _nodes(session.all("walk/frontier", entities=json_array(dict.fromkeys(asked.entity_ids))))
    if ends := {end for row in facts for end in (row[4], row[6])} - nodes.keys():
        nodes |= _nodes(session.all("walk/nodes", pks=json_array(ends)))
    crowded = [pk for pk, node in nodes.items() if node.degree > asked.hub_cap]
    params |= {"few": json_array(nodes.keys() - crowded), "crowded": json_array(crowded)}
    reading = _Reading(session, params, asked.hub_cap, {pk for pk, node in nodes.items() if node.degree > _MOST})
    memories, relations = [], [*facts]
    if asked.last:
        memories = reading.last(crowded, asked.prefer_memories, visible=seen.visible) if asked.memories else []
    else:
        if asked.memories:
            memories = reading.followed("memories", asked.prefer_memories, _AT, _ID, visible=seen.visible)
        relations += reading.followed("relations", asked.prefer_relations, _RELATION_AT, _RELATION_ID, **gaps)
    told = {row[_PK]: row[_ID] for row in memories}
    if asked.last:
        mentions = {(row[_PK], row[0]) for row in memories}
    else:
        mentions = set(session.all("walk/mentions", pks=json_array(told)))
    met = {entity for _, entity in mentions}
    met.update(end for row in relations for end in (row[4], row[6]))
    if unknown := met - nodes.keys():
        nodes |= _nodes(session.all("walk/nodes", pks=json_array(unknown)))
    return Hop(
        facts=tuple({row[_RELATION_ID]: None for row in facts}),
        relations=tuple(_relations(relations, nodes)),
        mentions=tuple((told[memory], nodes[entity].id) for memory, entity in mentions),
        nodes={nodes[pk].id: nodes[pk] for pk in met},
    )


def _nodes(rows: Iterable[Row]) -> dict[int, Node]:
    return {row[0]: Node(*row[1:]) for row in rows}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One walk's statements."""

    session: Session
    params: dict[str, Any]
    cap: int
    hubs: set[int]  # of which not everything is looked at

    def followed(self, kind: str, prefer: tuple[str, ...], at: int, id_: int, **gaps: Condition) -> list[Row]:
        """The rows of what is followed; `at` and `id_` are the columns that say how new it is."""
        newest = self.session.seen(f"walk/{kind}", self.params, **gaps)
        counts = Counter(row[0] for row in newest)
        hubs = {entity for entity, rows in counts.items() if rows >= self.cap}
        if prefer:
            hubs |= self.hubs
        if not hubs:
            return newest
        found = [row for row in newest if row[0] not in hubs]
        crowd = [row for row in newest if row[0] in hubs]
        crowd.sort(key=itemgetter(at, id_), reverse=True)
        return found + _best(self._preferred(kind, hubs, prefer, id_, **gaps) + crowd, self.cap, id_)

    def last(self, crowded: Collection[int], prefer: tuple[str, ...], **gaps: Condition) -> list[Row]:
        """The rows of the memories that the last hop follows: of the crowded entities only what is preferred."""
        few = self.session.seen("walk/memories", {**self.params, "crowded": "[]"}, **gaps)
        return few + _best(self._preferred("memories", crowded, prefer, _ID, **gaps), self.cap, _ID)

    def _preferred(
        self, kind: str, hubs: Collection[int], prefer: tuple[str, ...], id_: int, **gaps: Condition
    ) -> list[Row]:
        """The rows of what is preferred, in its order, of some entities."""
        if not (hubs and prefer):
            return []
        params = {**self.params, "hubs": json_array(hubs), "prefer": json_array(prefer)}
        rows = self.session.seen(f"walk/preferred_{kind}", params, **gaps)
        places = {each: place for place, each in enumerate(prefer)}
        return sorted(rows, key=lambda row: places[row[id_]])


def _best(rows: Iterable[Row], cap: int, id_: int) -> list[Row]:
    """The rows of the first `cap` things of each entity."""
    found: dict[int, dict[str, list[Row]]] = {}
    # A thing may have several rows; one that is preferred has them twice, and keeps its first place.
    for row in rows:
        found.setdefault(row[0], {}).setdefault(row[id_], []).append(row)
    return [row for things in found.values() for rows in list(things.values())[:cap] for row in rows]


def _relations(rows: list[Row], nodes: dict[int, Node]) -> Iterator[Relation]:
    """The relations, each of the rows of the memories that state it."""
    found: dict[str, Row] = {}
    stated: dict[str, set[str]] = {}
    for row in rows:
        id_ = row[_RELATION_ID]
        if id_ not in found:
            found[id_] = row
            stated[id_] = set()
        stated[id_].add(row[-1])
    for id_, row in found.items():
        ends = (nodes[row[4]].id, row[5], nodes[row[6]].id)
        yield relation_from((*row[:4], *ends, *row[7:]), tuple(sorted(stated[id_])))
