"""Rows as domain objects, and domain objects as the parameters that write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from graphmem.errors import InvalidInput
from graphmem.models import Entity, Episode, Event, Memory, Mention, Origin, Relation, Revision, Scope
from graphmem.stores.sqlite.moments import maybe_micros, maybe_moment, micros, moment
from graphmem.text import name_key, text_key, words

__all__ = [
    "dumped",
    "entity_from",
    "entity_params",
    "episode_from",
    "episode_params",
    "folded_name",
    "json_array",
    "loaded",
    "memory_from",
    "memory_params",
    "names_in",
    "relation_from",
    "relation_params",
    "revision_from",
    "revision_params",
]

Row = tuple[Any, ...]
Model = TypeVar("Model")


def _plain(value: object) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


# One encoder and decoder for all: `json.dumps` makes one for each call, `json.loads` prepares for any text.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode
_decode = json.JSONDecoder().raw_decode
_quoted = json.encoder.encode_basestring_ascii


def dumped(value: Any) -> str:
    """A value as JSON text, keys in their order, numbers exact. Raises `InvalidInput` for what is no JSON."""
    try:
        text = _encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(f"A value cannot be stored as JSON: {error}.", field="metadata") from error
    if "\\u0000" in text and "\0" in "".join(_texts(value)):
        raise InvalidInput("A text with a NUL character cannot be stored.", field="metadata")
    return text


def json_array(values: Iterable[str | int]) -> str:
    """A set-valued parameter."""
    return f"[{','.join(str(each) if isinstance(each, int) else _quoted(each) for each in values)}]"


def loaded(text: str) -> Any:
    """What `dumped` made JSON text of."""
    return _decode(text)[0]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def names_in(text: str | None) -> list[str]:
    """A JSON array of texts, sorted."""
    return sorted(loaded(text)) if text else []


@lru_cache(4096)
def folded_name(name: str) -> tuple[str, str]:
    """A name's key, and its words in single spaces."""
    return name_key(name), " ".join(words(name))


@lru_cache(1024)
def _scope(project: str, user: str | None, agent: str | None, app: str | None, run: str | None) -> Scope:
    return Scope(project=project, user_id=user, agent_id=agent, app_id=app, run_id=run)


@lru_cache(256)
def _origin(extractor: str, model: str | None, prompt: str | None) -> Origin:
    return Origin(extractor=extractor, model=model, prompt=prompt)


def _maker(model: type[Model], *names: str) -> Callable[[tuple[Any, ...]], Model]:
    """What makes `model` of the values of `names`, all its fields.

    A frozen dataclass sets its fields through `object.__setattr__`; setting its slots takes a third of the time,
    which is most of what reading a memory costs.
    """
    slots: tuple[str, ...] = model.__slots__  # type: ignore[attr-defined]
    if set(slots) != set(names) or hasattr(model, "__post_init__"):
        raise TypeError(f"{model.__name__} is made otherwise")
    setters = tuple(model.__dict__[name].__set__ for name in names)

    def make(values: tuple[Any, ...]) -> Model:
        made = object.__new__(model)
        for put, value in zip(setters, values, strict=True):
            put(made, value)
        return made

    return make


# --- memories ---------------------------------------------------------------------------------------------


def memory_params(memory: Memory, partition: int, revision: int) -> dict[str, Any]:
    """What `write/*_memory` take, but for `pk`."""
    scope, origin = memory.scope, memory.origin
    last_day = memory.expiration_date
    return {
        "id": memory.id,
        "partition": partition,
        "expired_at": maybe_micros(memory.expired_at),
        "expiration_date": None if last_day is None else last_day.isoformat(),
        "user_id": scope.user_id,
        "agent_id": scope.agent_id,
        "app_id": scope.app_id,
        "run_id": scope.run_id,
        "observed_at": micros(memory.observed_at),
        "valid_at": maybe_micros(memory.valid_at),
        "invalid_at": maybe_micros(memory.invalid_at),
        "created_at": micros(memory.created_at),
        "updated_at": micros(memory.updated_at),
        "superseded_by": memory.superseded_by,
        "immutable": memory.immutable,
        "attributed_to": memory.attributed_to,
        "feedback": memory.feedback,
        "revision": revision,
        "extractor": origin.extractor,
        "model": origin.model,
        "prompt": origin.prompt,
        "text_key": text_key(memory.text),
        "categories": dumped(memory.categories) if memory.categories else "[]",
        "metadata": dumped(memory.metadata) if memory.metadata else "{}",
        "text": memory.text,
    }


_memory = _maker(
    Memory,
    *("id", "scope", "text", "metadata", "categories", "observed_at", "valid_at", "invalid_at", "created_at"),
    *("updated_at", "expired_at", "superseded_by", "expiration_date", "immutable", "attributed_to", "feedback"),
    *("origin", "mentions", "relation_ids", "episode_ids", "revision"),
)


def memory_from(
    row: Row, mentions: tuple[Mention, ...], relation_ids: tuple[str, ...], episode_ids: tuple[str, ...]
) -> Memory:
    """A row of `read/memories` with its links."""
    (
        _,
        id_,
        project,
        expired_at,
        expiration_date,
        user_id,
        agent_id,
        app_id,
        run_id,
        observed_at,
        valid_at,
        invalid_at,
        created_at,
        updated_at,
        superseded_by,
        immutable,
        attributed_to,
        feedback,
        revision,
        extractor,
        model,
        prompt,
        categories,
        metadata,
        text,
    ) = row
    last_day = None if expiration_date is None else date.fromisoformat(expiration_date)
    return _memory(
        (
            id_,
            _scope(project, user_id, agent_id, app_id, run_id),
            text,
            {} if metadata == "{}" else loaded(metadata),
            () if categories == "[]" else tuple(loaded(categories)),
            moment(observed_at),
            maybe_moment(valid_at),
            maybe_moment(invalid_at),
            moment(created_at),
            moment(updated_at),
            maybe_moment(expired_at),
            superseded_by,
            last_day,
            bool(immutable),
            attributed_to,
            feedback,
            _origin(extractor, model, prompt),
            mentions,
            relation_ids,
            episode_ids,
            revision,
        )
    )


# --- the rest ---------------------------------------------------------------------------------------------


def episode_params(episode: Episode, partition: int, revision: int) -> dict[str, Any]:
    """What `write/*_episode` take, but for `pk`."""
    scope = episode.scope
    return {
        "id": episode.id,
        "partition": partition,
        "user_id": scope.user_id,
        "agent_id": scope.agent_id,
        "app_id": scope.app_id,
        "run_id": scope.run_id,
        "role": episode.role,
        "observed_at": micros(episode.observed_at),
        "created_at": micros(episode.created_at),
        "revision": revision,
        "name": episode.name,
        "content": episode.content,
    }


def episode_from(row: Row) -> Episode:
    """A row of `read/episodes`."""
    _, id_, project, user, agent, app, run, role, observed_at, created_at, revision, name, content = row
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


def entity_params(entity: Entity, partition: int, revision: int) -> dict[str, Any]:
    """What `write/*_entity` take, but for `pk`."""
    return {
        "id": entity.id,
        "partition": partition,
        "key": folded_name(entity.name)[0],
        "self_of": entity.self_of,
        "created_at": micros(entity.created_at),
        "revision": revision,
        "name": entity.name,
    }


def entity_from(row: Row, mention_count: int | None = None) -> Entity:
    """A row of `read/entities`; `mention_count` instead of its degree, where a view counts."""
    _, id_, project, owner, self_of, created_at, degree, revision, name, type_, names = row
    return Entity(
        id=id_,
        project=project,
        owner=owner,
        name=name,
        self_of=self_of,
        type=type_,
        aliases=tuple(each for each in names_in(names) if each != name),
        created_at=moment(created_at),
        mention_count=degree if mention_count is None else mention_count,
        revision=revision,
    )


def relation_params(relation: Relation, partition: int, revision: int) -> dict[str, Any]:
    """What `write/*_relation` take, but for `pk`, `subject` and `object`."""
    return {
        "id": relation.id,
        "partition": partition,
        "type": relation.type,
        "valid_at": maybe_micros(relation.valid_at),
        "invalid_at": maybe_micros(relation.invalid_at),
        "created_at": micros(relation.created_at),
        "expired_at": maybe_micros(relation.expired_at),
        "superseded_by": relation.superseded_by,
        "revision": revision,
        "label": relation.label,
    }


_relation = _maker(
    Relation,
    *("id", "project", "owner", "subject_id", "type", "object_id", "valid_at", "invalid_at", "created_at"),
    *("expired_at", "superseded_by", "revision", "label", "memory_ids"),
)


def relation_from(row: Row, memory_ids: tuple[str, ...]) -> Relation:
    """A relation from a row of `read/relations` or `walk/*relations`, with the memories that state it."""
    _, id_, project, owner, subject, type_, object_, valid_at, invalid_at, created_at, expired_at = row[:11]
    moments = (maybe_moment(valid_at), maybe_moment(invalid_at), moment(created_at), maybe_moment(expired_at))
    return _relation((id_, project, owner, subject, type_, object_, *moments, *row[11:14], memory_ids))


def revision_params(revision: Revision, partition: int) -> dict[str, Any]:
    """What `write/put_revision` takes."""
    return {
        "id": revision.id,
        "partition": partition,
        "memory_id": revision.memory_id,
        "event": revision.event.value,
        "at": micros(revision.at),
        "reason": revision.reason,
        "by": revision.by,
        "old_text": revision.old_text,
        "new_text": revision.new_text,
        "state": dumped(revision.state) if revision.state else "{}",
    }


def revision_from(row: Row) -> Revision:
    """A row of `read/history`."""
    id_, memory_id, event, at, reason, by, old_text, new_text, state = row
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
