"""`GraphStore.walk`: one hop, bounded on hubs, in a transaction that is already open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphmem.models import Relation
from graphmem.queries import Hop, Walk
from graphmem.stores.sqlite.hydrate import json_array, stating
from graphmem.stores.sqlite.past import seen_by
from graphmem.stores.sqlite.rows import relation_from
from graphmem.stores.sqlite.session import Row, Session
from graphmem.stores.sqlite.where import Sight, among
from graphmem.stores.statements import Condition

__all__ = ["walk"]


def walk(session: Session, asked: Walk) -> Hop:
    """The hop: no statement looks at more of a hub than the cap and what is hidden before it."""
    if not asked.entity_ids:
        return Hop()
    seen = seen_by(session, asked.view)
    params: dict[str, Any] = {
        **seen.params,
        "entities": json_array(dict.fromkeys(asked.entity_ids)),
        "cap": max(0, asked.hub_cap),
    }
    memories = _followed(session, "memories", asked, params, {"visible": seen.visible})
    typed = Condition("true")
    if asked.types is not None:
        typed = among("r.type", "v_types")
        params["v_types"] = json_array(asked.types)
    gaps = {"visible": seen.visible, "timely": seen.timely, "typed": typed}
    relations, degrees = _relations(session, seen, _followed(session, "relations", asked, params, gaps))
    mentions: list[tuple[str, str]] = []
    if memories:
        for memory, entity, degree in session.all("walk/mentions", pks=json_array(memories)):
            mentions.append((memory, entity))
            degrees[entity] = degree
    return Hop(relations=tuple(relations), mentions=tuple(mentions), degrees=degrees)


def _followed(
    session: Session, kind: str, asked: Walk, params: dict[str, Any], gaps: dict[str, Condition]
) -> list[int]:
    """The row numbers of what is followed from any of the entities."""
    newest = _by_entity(session.seen(f"walk/{kind}", params, **gaps))
    if not asked.prefer:
        return list({pk for found in newest.values() for pk in found.values()})
    params = {**params, "prefer": json_array(asked.prefer)}
    preferred = _by_entity(session.seen(f"walk/preferred_{kind}", params, **gaps))
    chosen: set[int] = set()
    for entity in newest:
        # What is preferred comes first, then what is newest; a dict keeps the first of two places.
        first = preferred.get(entity, {})
        chosen.update(list({**first, **newest[entity]}.values())[: max(0, asked.hub_cap)])
    return list(chosen)


def _by_entity(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Row numbers by id, by entity, the newest first."""
    found: dict[str, dict[str, int]] = {}
    for entity, pk, _, id_ in sorted(rows, key=lambda row: row[2:], reverse=True):
        found.setdefault(entity, {})[id_] = pk
    return found


def _relations(session: Session, seen: Sight, pks: list[int]) -> tuple[list[Relation], dict[str, int]]:
    """Relations with the visible memories that state them, and the degrees of their ends."""
    if not pks:
        return [], {}
    stated = stating(session, pks, seen)
    relations: list[Relation] = []
    degrees: dict[str, int] = {}
    for row in session.all("read/relations", pks=json_array(pks)):
        relation = relation_from(row, stated[row[0]])
        relations.append(relation)
        degrees[relation.subject_id], degrees[relation.object_id] = row[-2:]
    return relations, degrees
