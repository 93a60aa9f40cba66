"""Domain objects as the properties of their nodes. What is None is no property; moments are native datetimes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from graphmem.models import Entity, Episode, Memory, Relation, Revision, Scope
from graphmem.stores.documents import dumped
from graphmem.stores.neo4j.facets import facets
from graphmem.text import fold, name_key, text_key, words

__all__ = [
    "LABELS",
    "episode_fields",
    "folded_name",
    "label_of",
    "memory_fields",
    "projection_fields",
    "relation_fields",
    "revision_fields",
    "stored_entity_fields",
]

Fields = dict[str, Any]

LABELS = (
    *("Animal", "Country", "Date", "Event", "Group", "Organization", "Person", "Place", "Product", "Project", "Thing"),
    *("Topic", "Work"),
)
"""The labels that entities of well-known types have beside `Entity`, for people who look at the graph. There are no
others: a label's name stays in the database for good, so no words of a user may become one."""

_LABEL_OF = {label.lower(): label for label in LABELS} | {"organisation": "Organization", "company": "Organization"}


def label_of(type_: str | None) -> str | None:
    """The label for an entity's type, if it is a well-known one."""
    return None if type_ is None else _LABEL_OF.get(fold(type_))


@lru_cache(4096)
def folded_name(name: str) -> tuple[str, str]:
    """A name's key, and its words in single spaces."""
    return name_key(name), " ".join(words(name))


def _whose(scope: Scope) -> Fields:
    return {
        "project": scope.project,
        "owner": scope.owner,
        "user_id": scope.user_id,
        "agent_id": scope.agent_id,
        "app_id": scope.app_id,
        "run_id": scope.run_id,
    }


def memory_fields(memory: Memory, revision: int) -> Fields:
    """A `Memory`, apart from its links."""
    last_day = memory.expiration_date
    return {
        **_whose(memory.scope),
        "text": memory.text,
        "text_folded": fold(memory.text),
        "text_key": text_key(memory.text),
        "words": sorted(set(words(memory.text))),
        "metadata": dumped(memory.metadata) if memory.metadata else "{}",
        "categories": list(memory.categories),
        "facets": facets(memory),
        "observed_at": memory.observed_at,
        "valid_at": memory.valid_at,
        "invalid_at": memory.invalid_at,
        "created_at": memory.created_at,
        "updated_at": memory.updated_at,
        "expired_at": memory.expired_at,
        "superseded_by": memory.superseded_by,
        "expiration_date": None if last_day is None else last_day.isoformat(),
        "immutable": memory.immutable,
        "attributed_to": memory.attributed_to,
        "feedback": memory.feedback,
        "extractor": memory.origin.extractor,
        "model": memory.origin.model,
        "prompt": memory.origin.prompt,
        "revision": revision,
    }


def episode_fields(episode: Episode, revision: int) -> Fields:
    """An `Episode`, but for its place in the order of writing."""
    return {
        **_whose(episode.scope),
        "role": episode.role,
        "name": episode.name,
        "content": episode.content,
        "observed_at": episode.observed_at,
        "created_at": episode.created_at,
        "revision": revision,
    }


def stored_entity_fields(entity: Entity) -> Fields:
    """The part of an `Entity` that is not derived. (Its name may have to give way to one in use.)"""
    return {
        "project": entity.project,
        "owner": entity.owner,
        "self_of": entity.self_of,
        "created_at": entity.created_at,
    }


def relation_fields(relation: Relation, revision: int) -> Fields:
    """A `Relation`; its ends, which it is linked to, are properties as well, so that it is found by them."""
    return {
        "project": relation.project,
        "owner": relation.owner,
        "subject": relation.subject_id,
        "type": relation.type,
        "object": relation.object_id,
        "created_at": relation.created_at,
        "superseded_by": relation.superseded_by,
        "revision": revision,
        **projection_fields(relation),
    }


def projection_fields(relation: Relation) -> Fields:
    """What the typed edge beside a relation shows."""
    return {
        "label": relation.label,
        "valid_at": relation.valid_at,
        "invalid_at": relation.invalid_at,
        "expired_at": relation.expired_at,
    }


def revision_fields(revision: Revision, project: str, owner: str) -> Fields:
    """A `Revision`, but for its ids and its place in the order of writing."""
    return {
        "project": project,
        "owner": owner,
        "event": revision.event.value,
        "at": revision.at,
        "reason": revision.reason,
        "by": revision.by,
        "old_text": revision.old_text,
        "new_text": revision.new_text,
        "state": dumped(revision.state) if revision.state else "{}",
        "successor": revision.state.get("superseded_by"),  # beside the JSON, so that a purge finds it
    }
