"""What statements return, as domain objects.

Statements return lists, for lists cost the driver least: their elements stand in the order named here. Moments come
as microseconds since 1970 (`x.at.epochMillis * 1000 + x.at.microsecond % 1000`; `epochSeconds` is wrong before 1970),
for a native datetime takes the driver forty times as long.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from graphmem.models import Entity, Episode, Event, Memory, Mention, Origin, Relation, Revision, Scope
from graphmem.stores.making import maker

__all__ = [
    "entity_from",
    "episode_from",
    "loaded",
    "memory_from",
    "micros",
    "moment",
    "relation_from",
    "revision_from",
]

Row = Sequence[Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_decode = json.JSONDecoder().raw_decode


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    since = moment - _EPOCH
    return since.days * _DAY + since.seconds * 1_000_000 + since.microseconds


@lru_cache(8192)
def moment(micros: int) -> datetime:
    """The moment, in UTC. Cached, for the moments of a memory are often the same."""
    return _EPOCH + timedelta(microseconds=micros)


def loaded(text: str) -> Any:
    """What JSON text says."""
    return _decode(text)[0]


def _maybe(micros: int | None) -> datetime | None:
    return None if micros is None else moment(micros)


@lru_cache(1024)
def _scope(project: str, user: str | None, agent: str | None, app: str | None, run: str | None) -> Scope:
    return Scope(project=project, user_id=user, agent_id=agent, app_id=app, run_id=run)


@lru_cache(256)
def _origin(extractor: str, model: str | None, prompt: str | None) -> Origin:
    return Origin(extractor=extractor, model=model, prompt=prompt)


@lru_cache(4096)
def _mention(entity_id: str, name: str, type_: str | None) -> Mention:
    return Mention(entity_id=entity_id, name=name, type=type_)


_memory = maker(
    Memory,
    *("id", "scope", "text", "metadata", "categories", "observed_at", "valid_at", "invalid_at", "created_at"),
    *("updated_at", "expired_at", "superseded_by", "expiration_date", "immutable", "attributed_to", "feedback"),
    *("origin", "revision", "mentions", "relation_ids", "episode_ids"),
)


def memory_from(row: Row) -> Memory:
    """id, project, user_id, agent_id, app_id, run_id, text, metadata (JSON), categories, observed_at, valid_at,
    invalid_at, created_at, updated_at, expired_at, superseded_by, expiration_date, immutable, attributed_to, feedback,
    extractor, model, prompt, revision, mentions ([n, entity id, name, type] in any order), relation ids, episode ids.
    """
    (id_, project, user, agent, app, run, text, metadata, categories) = row[:9]
    (observed, valid, invalid, created, updated, expired, successor, last_day, immutable, by, feedback) = row[9:20]
    (extractor, model, prompt, revision, mentions, relations, episodes) = row[20:]
    return _memory(
        (
            id_,
            _scope(project, user, agent, app, run),
            text,
            {} if metadata == "{}" else loaded(metadata),
            tuple(categories),
            moment(observed),
            _maybe(valid),
            _maybe(invalid),
            moment(created),
            moment(updated),
            _maybe(expired),
            successor,
            None if last_day is None else date.fromisoformat(last_day),
            immutable,
            by,
            feedback,
            _origin(extractor, model, prompt),
            revision,
            tuple([_mention(*each) for _, *each in sorted(mentions, key=_first)]),
            tuple(sorted(relations)),
            tuple(sorted(episodes)),
        )
    )


def _first(row: Row) -> Any:
    return row[0]


def episode_from(row: Row) -> Episode:
    """id, project, user_id, agent_id, app_id, run_id, role, name, content, observed_at, created_at, revision."""
    id_, project, user, agent, app, run, role, name, content, observed_at, created_at, revision = row
    return Episode(
        id=id_,
        scope=_scope(project, user, agent, app, run),
        role=role,
        name=name,
        content=content,
        observed_at=moment(observed_at),
        created_at=moment(created_at),
        revision=revision,
    )


def entity_from(row: Row) -> Entity:
    """id, project, owner, name, self_of, type, names or aliases (in any order), created_at, mention count, revision."""
    id_, project, owner, name, self_of, type_, names, created_at, mention_count, revision = row
    return Entity(
        id=id_,
        project=project,
        owner=owner,
        name=name,
        self_of=self_of,
        type=type_,
        aliases=tuple(sorted(each for each in names if each != name)),
        created_at=moment(created_at),
        mention_count=mention_count,
        revision=revision,
    )


_relation = maker(
    Relation,
    *("id", "project", "owner", "subject_id", "type", "object_id", "label", "superseded_by", "revision"),
    *("valid_at", "invalid_at", "created_at", "expired_at", "memory_ids"),
)


def relation_from(row: Row) -> Relation:
    """id, project, owner, subject id, type, object id, label, superseded_by, revision, valid_at, invalid_at,
    created_at, expired_at, ids of the memories that state it (in any order)."""
    *plain, valid_at, invalid_at, created_at, expired_at, memory_ids = row
    moments = (_maybe(valid_at), _maybe(invalid_at), moment(created_at), _maybe(expired_at))
    return _relation((*plain, *moments, tuple(sorted(memory_ids))))


def revision_from(row: Row) -> Revision:
    """id, memory id, event, at, old_text, new_text, reason, by, state (JSON)."""
    id_, memory_id, event, at, old_text, new_text, reason, by, state = row
    return Revision(
        id=id_,
        memory_id=memory_id,
        event=Event(event),
        at=moment(at),
        old_text=old_text,
        new_text=new_text,
        reason=reason,
        by=by,
        state={} if state == "{}" else loaded(state),
    )
