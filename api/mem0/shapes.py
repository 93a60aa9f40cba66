"""The core's answers in mem0's shapes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphmem.models import Event, Revision
from graphmem.views import AddResult, MemoryView, RelationView, SearchHit

__all__ = [
    "ORGANIZATION",
    "Shape",
    "added_relations",
    "entity",
    "found",
    "histories",
    "kept",
    "memory",
    "outcomes",
    "relation",
]

ORGANIZATION = "graphmem"
"""The one organization of a house, by id and by name."""

Shape = dict[str, Any]
"""An object of an answer."""


def memory(view: MemoryView, project: str) -> Shape:
    """A memory. `created_at` is when it was said; a run's id stands under both of its names.

    Fields of all their versions are there, so that readers of any find theirs.
    """
    return {
        "id": view["id"],
        "memory": view["memory"],
        "user_id": view["user_id"],
        "agent_id": view["agent_id"],
        "app_id": view["app_id"],
        "run_id": view["run_id"],
        "session_id": view["run_id"],
        "hash": hashlib.md5(view["memory"].encode(), usedforsecurity=False).hexdigest(),
        "metadata": view["metadata"],
        "categories": view["categories"],
        "created_at": view["observed_at"],
        "updated_at": view["updated_at"],
        "expiration_date": view["expiration_date"],
        "immutable": view["immutable"],
        "structured_attributes": _calendar(view["observed_at"]),
        "replaced_by": view["superseded_by"],
        "synthesized": False,
        "lifecycle_state": "active" if view["state"] == "current" else "superseded",
        "feedback": view["feedback"],
        "attributed_to": view["attributed_to"],
        "valid_at": view["valid_at"],
        "invalid_at": view["invalid_at"],
        "owner": project,
        "organization": ORGANIZATION,
        "input": None,
    }


def found(hit: SearchHit, project: str) -> Shape:
    """A memory that a search found: its score, what each arm gave it, and the path that led to it."""
    arms = hit["scores"]
    return {
        **memory(hit, project),
        "score": hit["score"],
        "score_breakdown": {
            "semantic": arms.get("semantic", 0.0),
            "bm25": arms.get("keyword", 0.0),
            "entity": arms.get("graph", 0.0),
        },
        "path": hit["path"],
    }


def _calendar(text: str) -> Shape:
    """When it was said, taken apart (UTC)."""
    at = datetime.fromisoformat(text)
    return {
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "day_of_week": _DAYS[at.weekday()],
        "week_of_year": at.isocalendar().week,
        "day_of_year": at.timetuple().tm_yday,
        "quarter": (at.month + 2) // 3,
        "is_weekend": at.weekday() >= 5,
    }


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def relation(view: RelationView) -> Shape:
    """A typed edge, its end under both of the names in use."""
    shape: Shape = {
        "source": view["source"],
        "source_type": view["source_type"],
        "relationship": view["relationship"],
        "target": view["target"],
        "destination": view["destination"],
        "target_type": view["target_type"],
        "destination_type": view["target_type"],
        "valid_at": view["valid_at"],
        "invalid_at": view["invalid_at"],
        "memory_ids": view["memory_ids"],
    }
    if "score" in view:
        shape["score"] = view["score"]
    return shape


# -- what an add did


def outcomes(items: Iterable[Mapping[str, Any]]) -> list[Shape]:
    """What became of each statement, from `id`, `event`, and the words where they are there still.

    A memory that took the place of others is one `UPDATE`, with the old words; one that was only retired is a `DELETE`;
    what was known already is a `NOOP`.
    """
    shapes: dict[str, Shape] = {}
    for item in items:
        id_, text, event = item["id"], item.get("memory"), item["event"]
        successor = item.get("superseded_by")
        if event != "SUPERSEDE":
            shapes[id_] = _result(id_, text, _EVENTS.get(event, event))
            if item.get("previous_memory") is not None:
                _fold(shapes[id_], item["previous_memory"])
        elif successor is None or successor not in shapes:
            shapes.setdefault(id_, _result(id_, text, "DELETE"))
        else:
            _fold(shapes[successor], text)
    return list(shapes.values())


_EVENTS = {"NONE": "NOOP", "RESTORE": "UPDATE"}


def _result(id_: str, text: str | None, event: str) -> Shape:
    return {"id": id_, "memory": text, "data": {"memory": text}, "event": event}


def _fold(shape: Shape, old: str | None) -> None:
    """Note the words that were there before; of several, all."""
    words = "\n".join(filter(None, (shape.get("old_memory"), old))) or None
    shape |= {"event": "UPDATE", "old_memory": words, "previous_memory": words}


def kept(results: Iterable[Shape], views: Mapping[str, MemoryView]) -> list[Shape]:
    """The results of an add with what the memories that are there say of themselves."""
    return [
        {**each, "structured_attributes": _calendar(views[each["id"]]["observed_at"])}
        | {name: views[each["id"]][name] for name in ("metadata", "categories")}
        if each["id"] in views
        else each
        for each in results
    ]


def added_relations(answer: AddResult) -> Shape:
    """The edges that an add brought and closed, one list for each, as the library with graph memory gave them."""
    told = answer["relations"]
    return {
        "added_entities": [[_triple(each)] for each in told["added"]],
        "deleted_entities": [[_triple(each)] for each in told["closed"]],
    }


def _triple(view: RelationView) -> Shape:
    return {
        "source": view["source"],
        "relationship": view["relationship"],
        "target": view["target"],
        "destination": view["destination"],
        "source_type": view["source_type"],
        "target_type": view["target_type"],
    }


# -- histories


def histories(revisions: Sequence[Revision], memory: MemoryView | None, successor: MemoryView | None) -> list[Shape]:
    """A memory's revisions and those of what it superseded, oldest first; being superseded is one `UPDATE`.

    `memory` says whose they are (None: it was deleted), `successor` what took its own place.
    """
    old: dict[str, str] = {}
    entries: list[Shape] = []
    ids = {each.memory_id for each in revisions}
    for each in revisions:
        taken_by = each.state.get("superseded_by")
        if each.event is Event.SUPERSEDE and taken_by in ids:
            old[taken_by] = "\n".join(filter(None, (old.get(taken_by), each.old_text or each.new_text)))
    for each in revisions:
        taken_by = each.state.get("superseded_by")
        if each.event is Event.SUPERSEDE and taken_by in ids:
            continue
        entry = _entry(each, memory)
        if each.event is Event.ADD and each.memory_id in old:
            entry |= {"event": "UPDATE", "old_memory": old[each.memory_id]}
        elif each.event is Event.SUPERSEDE:
            words = each.old_text or each.new_text
            after = successor["memory"] if successor is not None and successor["id"] == taken_by else None
            entry |= {"event": "UPDATE" if taken_by else "DELETE", "old_memory": words, "new_memory": after}
        elif each.event is Event.RESTORE:
            entry["event"] = "UPDATE"
        entries.append(entry)
    return entries


def _entry(revision: Revision, memory: MemoryView | None) -> Shape:
    at = revision.at.isoformat()
    ids = {name: memory[name] if memory else None for name in ("user_id", "agent_id", "app_id", "run_id")}
    return {
        "id": revision.id,
        "memory_id": revision.memory_id,
        "input": [],
        "old_memory": revision.old_text,
        "new_memory": revision.new_text,
        **ids,
        "session_id": ids["run_id"],
        "categories": revision.state.get("categories"),
        "event": revision.event.value,
        "metadata": revision.state.get("metadata"),
        "created_at": at,
        "updated_at": at,
        "is_deleted": revision.event is Event.DELETE,
        "actor_id": revision.by,
        "reason": revision.reason,
    }


# -- whose memories


def entity(view: Mapping[str, Any], project: str) -> Shape:
    """Somebody who has memories."""
    return {
        "id": view["id"],
        "name": view["id"],
        "type": view["type"],
        "created_at": view["created_at"],
        "updated_at": view["updated_at"],
        "total_memories": view["memories"],
        "owner": project,
        "metadata": view.get("metadata"),
    }
