"""Reads by id and by page: memories, entities, relations, and whose they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from graphmem.errors import InvalidInput
from graphmem.models import Entity, Memory, Relation
from graphmem.queries import EntityQuery, MemoryQuery, Page, RelationQuery, View
from graphmem.stores.cursors import Place, page, place, unknown
from graphmem.stores.neo4j import past
from graphmem.stores.neo4j.found import entity_from, memory_from, micros, moment, relation_from
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.statements import Condition

__all__ = ["count", "entities", "find", "memories", "owners", "relations"]

_FIRST = micros(datetime(1, 1, 1, tzinfo=UTC))
_LAST = micros(datetime.max.replace(tzinfo=UTC))
_AFTER_ALL = "\uffff"  # by its order among ids
_UNKNOWN = -9_000_000_000_000_000_000  # where an unknown `valid_at` stands; so in the statements
_SIDES = {
    "subject": Condition("type(d) = 'SUBJECT'"),
    "object": Condition("type(d) = 'OBJECT'"),
    "either": Condition("true"),
}


async def memories(tx: Tx, view: View, ids: Collection[str], *, links: bool) -> dict[str, Memory]:
    """The visible ones among `ids`, in the order asked for."""
    asked = list(dict.fromkeys(ids))
    if not asked:
        return {}
    seen = past.own_sight(view)
    if view.known_at is None and seen is not None:
        params = {**seen.params, "ids": asked, "links": links}
        rows = await tx.rows("read/memories", params, visible=seen.visible)
        found = {row[0][0]: memory_from(row[0]) for row in rows}
    else:
        found = await past.rewound(tx, view, [id_ for _, id_ in await past.seen(tx, view, asked)])
    return {id_: found[id_] for id_ in asked if id_ in found}


async def find(tx: Tx, query: MemoryQuery) -> Page[Memory]:
    """By (created_at, id), either way."""
    if query.cursor is not None and query.offset:
        raise InvalidInput("A page has a cursor or an offset, not both.", field="offset")
    at, id_ = place(query.cursor, (_LAST, _AFTER_ALL) if query.newest_first else (_FIRST, ""))
    if not _FIRST <= at <= _LAST:
        raise unknown()
    view, newest = query.view, query.newest_first
    seen = past.own_sight(view)
    if view.known_at is None and seen is not None:
        params = {**seen.params, "at": moment(at), "id": id_, "offset": query.offset, "limit": query.limit + 1}
        name = "read/newest" if newest else "read/oldest"
        rows = await tx.rows(name, params, place=seen.place, visible=seen.visible)
        return page([memory_from(row[0]) for row in rows], query.limit, _memory_place)
    places = sorted(await past.seen(tx, view), reverse=newest)
    after = [each for each in places if (each < (at, id_) if newest else each > (at, id_))]
    wanted = [each[1] for each in after[query.offset : query.offset + query.limit + 1]]
    found = await past.rewound(tx, view, wanted)
    return page([found[each] for each in wanted], query.limit, _memory_place)


def _memory_place(memory: Memory) -> Place:
    return micros(memory.created_at), memory.id


async def count(tx: Tx, view: View) -> int:
    """How many are visible."""
    seen = past.own_sight(view)
    if view.known_at is not None or seen is None:
        return len(await past.seen(tx, view))
    rows = await tx.rows("read/count", seen.params, visible=seen.visible)
    return int(rows[0][0])


async def owners(tx: Tx, view: View, limit: int) -> tuple[str, ...]:
    """Whose the visible memories are, sorted."""
    seen = await past.seen_by(tx, view)
    rows = await tx.rows("read/owners", {**seen.params, "limit": limit}, place=seen.place, visible=seen.visible)
    return tuple(row[0] for row in rows)


async def entities(tx: Tx, query: EntityQuery) -> Page[Entity]:
    """By (name key, id)."""
    start = place(query.cursor, ("", ""))
    if query.names == frozenset() or query.ids == frozenset():
        return Page(())
    seen = await past.seen_by(tx, query.view)
    params: dict[str, Any] = dict(seen.params)
    narrow: list[str] = []
    if query.type is not None:
        narrow.append("e.type = $v_type")
        params["v_type"] = query.type
    if query.names is not None and query.ids is not None:
        narrow.append("e.id IN $v_ids")
        params["v_ids"] = list(query.ids)
    gaps = {"narrow": _all(narrow), "visible": seen.visible}
    if query.names is not None:
        params |= {**seen.hiding, "names": list(query.names)}
        rows = await tx.rows("read/entities_named", params, named=seen.named, own=seen.own, **gaps)
    elif query.ids is not None:
        params |= {**seen.hiding, "ids": list(query.ids)}
        rows = await tx.rows("read/entities", params, own=seen.own, **gaps)
    else:
        params |= {"key": start[0], "id": start[1], "limit": query.limit + 1}
        rows = await tx.rows("read/entity_page", params, place=seen.place, **gaps)
    found = [entity_from(row[0]) for row in rows]
    if query.names is not None or query.ids is not None:
        # Few enough to be put in order here, by code points; Neo4j compares parameters otherwise.
        found = sorted((each for each in found if _entity_place(each) > start), key=_entity_place)
    return page(found, query.limit, _entity_place)


def _entity_place(entity: Entity) -> Place:
    return entity.key, entity.id


async def relations(tx: Tx, query: RelationQuery) -> Page[Relation]:
    """By (valid_at, unknown first; created_at; id)."""
    valid_at, created_at, id_ = place(query.cursor, (_UNKNOWN - 1, _FIRST, ""))
    if frozenset() in (query.entities, query.types, query.ids):
        return Page(())
    seen = await past.seen_by(tx, query.view)
    params: dict[str, Any] = {
        **seen.params,
        "valid_at": valid_at,
        "created_at": created_at,
        "id": id_,
        "limit": query.limit + 1,
    }
    narrow: list[str] = []
    if query.types is not None:
        narrow.append("r.type IN $v_types")
        params["v_types"] = list(query.types)
    if query.ids is not None and query.entities is not None:
        narrow.append("r.id IN $v_ids")
        params["v_ids"] = list(query.ids)
    gaps = {"drawn": seen.drawn, "timely": seen.timely, "narrow": _all(narrow), "visible": seen.visible}
    if query.entities is not None:
        params["entities"] = list(query.entities)
        rows = await tx.rows("read/relations_of", params, side=_SIDES[query.side], **gaps)
    elif query.ids is not None:
        rows = await tx.rows("read/relations", {**params, "ids": list(query.ids)}, **gaps)
    else:
        rows = await tx.rows("read/relation_page", params, **gaps)
    return page([relation_from(row[0]) for row in rows], query.limit, _relation_place)


def _relation_place(relation: Relation) -> Place:
    valid_at = _UNKNOWN if relation.valid_at is None else micros(relation.valid_at)
    return valid_at, micros(relation.created_at), relation.id


def _all(conditions: list[str]) -> Condition:
    return Condition(" AND ".join(conditions) or "true")
