"""`GraphStore.around`: the relations of entities, one after another, in a transaction that is already open."""

from __future__ import annotations

from graphmem.models import Subgraph
from graphmem.queries import Around
from graphmem.stores.sqlite.hydrate import entities_seen, relations_at, stating
from graphmem.stores.sqlite.past import seen_by
from graphmem.stores.sqlite.rows import json_array
from graphmem.stores.sqlite.session import Session
from graphmem.stores.sqlite.where import among
from graphmem.stores.statements import Condition

__all__ = ["around"]


def around(session: Session, asked: Around) -> Subgraph:
    """The relations, and the visible entities at their ends."""
    seen = seen_by(session, asked.view)
    params = {**seen.params, "known": json_array(asked.known), "limit": asked.limit}
    typed = Condition("true")
    if asked.types is not None:
        typed = among("r.type", "v_types")
        params["v_types"] = json_array(asked.types)
    gaps = {"visible": seen.visible, "timely": seen.timely, "typed": typed}
    found: dict[int, tuple[int, int]] = {}
    for entity_id in dict.fromkeys(asked.entity_ids):
        if len(found) >= asked.limit:
            break
        for pk, *ends in session.seen("walk/newest_relations", {**params, "entity": entity_id}, **gaps):
            found[pk] = (ends[0], ends[1])
    chosen = list(found)[: asked.limit]
    relations = relations_at(session, stating(session, chosen, seen))
    ends_of = dict.fromkeys(end for pk in chosen for end in found[pk])
    return Subgraph(
        entities=tuple(entities_seen(session, ends_of, seen)),
        relations=tuple(relations[pk] for pk in chosen),
    )
