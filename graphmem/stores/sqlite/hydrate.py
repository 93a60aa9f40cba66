"""Row numbers to domain objects, with all that hangs on them, in few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from graphmem.models import Entity, Episode, Memory, Mention, Relation
from graphmem.stores.sqlite.rows import entity_from, episode_from, json_array, memory_from, relation_from
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import Sight

__all__ = ["entities_at", "entities_seen", "episodes_at", "memories_by_id", "relations_at", "stating"]


def memories_by_id(
    session: Session, ids: Collection[str], seen: Sight | None = None, *, links: bool = True
) -> dict[str, Memory]:
    """Memories in the order asked for, those that `seen` shows, or all; their links only if these are wanted."""
    if not ids:
        return {}
    if seen is None:
        rows = session.all("read/memories", ids=json_array(ids))
    else:
        params = {"ids": json_array(ids), **seen.params}
        rows = session.seen("read/memories", params, visible=seen.visible)
    mentions: dict[int, list[Mention]] = {row[0]: [] for row in rows}
    relations: dict[int, list[str]] = {row[0]: [] for row in rows}
    episodes: dict[int, list[str]] = {row[0]: [] for row in rows}
    linked = session.all("read/links", pks=json_array(mentions)) if links else ()
    for memory, kind, id_, name, type_ in linked:
        if kind == "entity":
            mentions[memory].append(_mention(id_, name, type_))
        elif kind == "relation":
            relations[memory].append(id_)
        else:
            episodes[memory].append(id_)
    return {
        row[1]: memory_from(
            row, tuple(mentions[row[0]]), tuple(sorted(relations[row[0]])), tuple(sorted(episodes[row[0]]))
        )
        for row in rows
    }


@lru_cache(4096)
def _mention(entity_id: str, name: str, type_: str | None) -> Mention:
    return Mention(entity_id=entity_id, name=name, type=type_)


def entities_at(session: Session, pks: Collection[int]) -> dict[int, Entity]:
    """Entities, counting all mentions, by row number."""
    return {row[0]: entity_from(row) for row in session.all("read/entities", pks=json_array(pks))} if pks else {}


def entities_seen(session: Session, pks: Collection[int], seen: Sight) -> list[Entity]:
    """Those among some entities that a visible memory mentions, in this order, counting what is visible."""
    counts: dict[int, int] = dict(
        session.seen("read/mention_counts", {**seen.params, "pks": json_array(pks)}, visible=seen.visible)
    )
    rows = session.all("read/entities", pks=json_array(pk for pk in pks if pk in counts))
    return [entity_from(row, counts[row[0]]) for row in rows]


def stating(session: Session, pks: Iterable[int], seen: Sight | None = None) -> dict[int, tuple[str, ...]]:
    """The ids of the memories (that `seen` shows) which state relations, by the relations' row numbers."""
    found: dict[int, list[str]] = {}
    params: dict[str, Any] = {"pks": json_array(pks)}
    if seen is None:
        rows = session.all("read/stating", **params)
    else:
        rows = session.seen("read/stating", {**seen.params, **params}, visible=seen.visible)
    for relation, id_ in rows:
        found.setdefault(relation, []).append(id_)
    return {pk: tuple(sorted(ids)) for pk, ids in found.items()}


def relations_at(session: Session, stated: dict[int, tuple[str, ...]]) -> dict[int, Relation]:
    """Relations by row number, stated by these memories (their ids)."""
    rows = session.all("read/relations", pks=json_array(stated)) if stated else ()
    return {row[0]: relation_from(row, stated[row[0]]) for row in rows}


def episodes_at(session: Session, pks: Collection[int]) -> list[Episode]:
    """Episodes, oldest first."""
    return [episode_from(row) for row in session.all("read/episodes", pks=json_array(pks))] if pks else []
