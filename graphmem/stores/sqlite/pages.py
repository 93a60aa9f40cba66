"""`find`, `entities` and `relations`: pages in an order of their own, resumed after the last place they reached."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from graphmem.errors import InvalidInput
from graphmem.models import Entity, Memory, Relation
from graphmem.queries import EntityQuery, MemoryQuery, Page, RelationQuery
from graphmem.stores.sqlite.hydrate import entities_seen, memories_by_id, stating
from graphmem.stores.sqlite.moments import micros
from graphmem.stores.sqlite.past import rewound, seen_by, seen_then
from graphmem.stores.sqlite.rows import json_array, relation_from
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import among, sight
from graphmem.stores.statements import Condition

__all__ = ["entity_page", "memory_page", "relation_page"]

Item = TypeVar("Item")
Place = tuple[Any, ...]

_BEFORE_ALL = -9_000_000_000_000_000_000
_AFTER_ALL = 9_000_000_000_000_000_000
_ANYONE = "e.pk IN (SELECT n.entity FROM json_each(:v_names) AS w JOIN entity_use AS n ON n.key = w.value)"
_THESE = "r.pk IN (SELECT x.pk FROM json_each(:v_ids) AS w CROSS JOIN relation AS x ON x.id = w.value)"
_SIDES = {
    "subject": "(r.partition, r.subject) IN (SELECT x.partition, x.pk FROM json_each(:v_ends) AS w"
    " JOIN entity AS x ON x.id = w.value)",
    "object": "r.object IN (SELECT x.pk FROM json_each(:v_ends) AS w JOIN entity AS x ON x.id = w.value)",
    "either": "r.pk IN (SELECT h.relation FROM json_each(:v_ends) AS w JOIN entity AS x ON x.id = w.value"
    " JOIN endpoint AS h ON h.entity = x.pk)",
}


def memory_page(session: Session, query: MemoryQuery) -> Page[Memory]:
    """By (created_at, id), either way."""
    if query.cursor is not None and query.offset:
        raise InvalidInput("A page has a cursor or an offset, not both.", field="offset")
    start = (_AFTER_ALL if query.newest_first else _BEFORE_ALL, "")
    at, id_ = _place(query.cursor, start)
    if query.view.known_at is not None:
        return _past_page(session, query, (at, id_))
    seen = sight(query.view, driving=True)
    params = {**seen.params, "at": at, "id": id_, "limit": query.limit + 1, "offset": query.offset}
    statement = "read/newest" if query.newest_first else "read/oldest"
    ids = [row[0] for row in session.seen(statement, params, visible=seen.visible)]
    return _page(list(memories_by_id(session, ids[: query.limit]).values()), len(ids), query.limit, _memory_place)


def _past_page(session: Session, query: MemoryQuery, start: Place) -> Page[Memory]:
    assert query.view.known_at is not None
    seen = seen_then(session, query.view, query.view.known_at)
    places = sorted(((at, id_) for id_, at in seen), reverse=query.newest_first)
    after = [place for place in places if (place < start if query.newest_first else place > start)]
    after = after[query.offset :]
    found = rewound(session, query.view.known_at, [id_ for _, id_ in after[: query.limit]])
    return _page(list(found.values()), len(after), query.limit, _memory_place)


def _memory_place(memory: Memory) -> Place:
    return micros(memory.created_at), memory.id


def entity_page(session: Session, query: EntityQuery) -> Page[Entity]:
    """By (name key, id)."""
    key, id_ = _place(query.cursor, ("", ""))
    seen = seen_by(session, query.view)
    params = {**seen.params, "key": key, "id": id_, "limit": query.limit + 1}
    narrow: list[str] = []
    if query.names is not None:
        narrow.append(_ANYONE)
        params["v_names"] = json_array(query.names)
    if query.ids is not None:
        narrow.append(among("e.id", "v_ids"))
        params["v_ids"] = json_array(query.ids)
    if query.type is not None:
        narrow.append("e.type = :v_type")
        params["v_type"] = query.type
    # Named ones are looked up; by their place, all others of their partitions would be read with them.
    place = seen.place
    if query.names is not None or query.ids is not None:
        place = seen.met
    gaps = {"place": place, "narrow": _all(narrow), "visible": seen.visible}
    rows = session.seen("read/entity_page", params, **gaps)
    found = entities_seen(session, [row[0] for row in rows[: query.limit]], seen)
    return _page(found, len(rows), query.limit, lambda entity: (entity.key, entity.id))


def relation_page(session: Session, query: RelationQuery) -> Page[Relation]:
    """By (valid_at, unknown first; created_at; id)."""
    start = (_BEFORE_ALL - 1, _BEFORE_ALL, "")
    valid_at, created_at, id_ = _place(query.cursor, start)
    seen = seen_by(session, query.view)
    after = {"valid_at": valid_at, "created_at": created_at, "id": id_}
    params = {**seen.params, **after, "limit": query.limit + 1}
    narrow: list[str] = []
    if query.entities is not None:
        narrow.append(_SIDES[query.side])
        params["v_ends"] = json_array(query.entities)
    if query.types is not None:
        narrow.append(among("r.type", "v_types"))
        params["v_types"] = json_array(query.types)
    if query.ids is not None:
        narrow.append(_THESE)
        params["v_ids"] = json_array(query.ids)
    place = seen.place if query.ids is None and query.entities is None else seen.related
    gaps = {"place": place, "timely": seen.timely, "narrow": _all(narrow), "visible": seen.visible}
    rows = session.seen("read/relation_page", params, **gaps)
    pks = [row[0] for row in rows[: query.limit]]
    memories = stating(session, pks, seen)
    found = [relation_from(row, memories[row[0]]) for row in session.all("read/relations", pks=json_array(pks))]
    return _page(found, len(rows), query.limit, _relation_place)


def _relation_place(relation: Relation) -> Place:
    valid_at = _BEFORE_ALL if relation.valid_at is None else micros(relation.valid_at)
    return valid_at, micros(relation.created_at), relation.id


def _all(conditions: list[str]) -> Condition:
    return Condition(" AND ".join(conditions) or "true")


# --- cursors ----------------------------------------------------------------------------------------------


def _page(items: list[Item], found: int, limit: int, place: Any) -> Page[Item]:
    """The page, with a cursor if more was found than fits."""
    more = found > limit and items
    return Page(tuple(items), _cursor(place(items[-1])) if more else None)


def _cursor(place: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str | None, start: Place) -> Place:
    """The place that a cursor names; `start` where there is none."""
    if cursor is None:
        return start
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        place = None
    kinds = [type(each) for each in start]
    if not isinstance(place, list) or [type(each) for each in place] != kinds:
        raise InvalidInput("This cursor was not given by this store.", hint="Begin without a cursor.", field="cursor")
    return tuple(place)
