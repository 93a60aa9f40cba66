"""The domain model: the words of graphmem as frozen data, used on every floor.

All datetimes are aware and in UTC; intervals are half-open, `[valid_at, invalid_at)`. *World time* says when something
was true (`valid_at`, `invalid_at`) and when it was said (`observed_at`); *system time* says when this store knew it
(`created_at`, `expired_at`). Sequences inside models are tuples, links are sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from graphmem.errors import InvalidInput
from graphmem.text import name_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SCOPE_FIELDS",
    "Entity",
    "Episode",
    "Event",
    "Kind",
    "Memory",
    "Mention",
    "Origin",
    "Partition",
    "Path",
    "Point",
    "Relation",
    "Revision",
    "Scope",
    "SparseVector",
    "Step",
    "Subgraph",
]

SCOPE_FIELDS = ("user_id", "agent_id", "app_id", "run_id")
"""The scope's names, in the order in which the first present one is the owner."""

Kind = Literal["memory", "relation", "entity"]
"""What has a vector in the index."""


class Partition(NamedTuple):
    """Inside a partition names mean one thing, and writes are ordered."""

    project: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose memory: at least one of the four ids, inside a project.

    Raises `InvalidInput` when the project or all ids are missing.
    """

    project: str = "default"
    user_id: str | None = None
    agent_id: str | None = None
    app_id: str | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        if not self.project:
            raise InvalidInput("A project is required.", field="project")
        if not any(self.ids.values()):
            raise InvalidInput(
                "Whose memory? None of user_id, agent_id, app_id, run_id was given.",
                hint="Pass at least one of them.",
                field="user_id",
            )

    @property
    def ids(self) -> dict[str, str]:
        """The ids that are present, by field name."""
        named = zip(SCOPE_FIELDS, (self.user_id, self.agent_id, self.app_id, self.run_id), strict=True)
        return {name: value for name, value in named if value}

    @property
    def owner(self) -> str:
        """The first present id, written `user:ana`, `agent:…`, `app:…` or `run:…`."""
        name, value = next(iter(self.ids.items()))
        return f"{name.removesuffix('_id')}:{value}"

    @property
    def partition(self) -> Partition:
        """(project, owner)."""
        return Partition(self.project, self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What made a memory: the extractor, and where one was asked the model and the prompt (`name@version`)."""

    extractor: str = "verbatim"
    model: str | None = None
    prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A source message or document as it came in. `content` is empty once it was redacted."""

    id: str
    scope: Scope
    role: str = "user"
    name: str | None = None
    content: str
    observed_at: datetime
    created_at: datetime
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mention:
    """A memory names an entity: by which name, and as what type if the source said one."""

    entity_id: str
    name: str
    type: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One atomic statement in words, with its scope, times, state and links.

    `expired_at` is set when the memory was retired, `superseded_by` then names the successor where there is
    one. `expiration_date` is the last day (UTC, inclusive) on which it is shown. `attributed_to` says who
    stated it: `user`, `assistant`, or another role. `feedback` is `POSITIVE`, `NEGATIVE`, `VERY_NEGATIVE` or
    absent. `revision` is the partition sequence of the last change that wrote it, given by the store.
    """

    id: str
    scope: Scope
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    observed_at: datetime
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    expired_at: datetime | None = None
    superseded_by: str | None = None
    expiration_date: date | None = None
    immutable: bool = False
    attributed_to: str | None = None
    feedback: str | None = None
    origin: Origin = field(default_factory=Origin)
    mentions: tuple[Mention, ...] = ()
    relation_ids: tuple[str, ...] = ()
    episode_ids: tuple[str, ...] = ()
    revision: int = 0

    @property
    def is_current(self) -> bool:
        """Not retired."""
        return self.expired_at is None

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """The distinct entities it mentions, sorted."""
        return tuple(sorted({mention.entity_id for mention in self.mentions}))

    def fields(self) -> dict[str, Any]:
        """The document that filters see."""
        return {
            "id": self.id,
            **self.scope.ids,
            "text": self.text,
            "categories": self.categories,
            "attributed_to": self.attributed_to,
            "immutable": self.immutable,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "observed_at": self.observed_at,
            "valid_at": self.valid_at,
            "invalid_at": self.invalid_at,
            "expiration_date": self.expiration_date,
            "metadata": self.metadata,
        }

    def state(self) -> dict[str, Any]:
        """Its changeable part, JSON-ready (moments and dates as ISO 8601), as a revision keeps it."""
        plain = {name: getattr(self, name) for name in ("text", "superseded_by", "metadata")}
        moments = {name: _iso(getattr(self, name)) for name in _STATE_MOMENTS}
        return {
            **plain,
            **moments,
            "categories": list(self.categories),
            "expiration_date": _iso(self.expiration_date),
        }

    def with_state(self, state: Mapping[str, Any]) -> Memory:
        """The memory as it was when a revision wrote `state`."""
        moments: dict[str, Any] = {name: _moment(state[name]) for name in _STATE_MOMENTS}
        last_day = state["expiration_date"]
        return replace(
            self,
            text=state["text"],
            superseded_by=state["superseded_by"],
            metadata=state["metadata"],
            categories=tuple(state["categories"]),
            expiration_date=None if last_day is None else date.fromisoformat(last_day),
            **moments,
        )


_STATE_MOMENTS = ("valid_at", "invalid_at", "expired_at")


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A person, place, organisation, thing, event, topic ... of one partition.

    Stored are `name` (which must be among the names its memories use) and `self_of` (the owner or agent it *is*,
    `user:ana`). Derived from all mentions in the partition, seen or not: `aliases`, the other names in use, sorted;
    `type`, the most frequent one said (ties: the first in alphabetical order). `mention_count` is how many memories
    mention it: those visible to the read, or all of the partition where the read has no view.
    """

    id: str
    project: str
    owner: str
    name: str
    self_of: str | None = None
    type: str | None = None
    aliases: tuple[str, ...] = ()
    created_at: datetime
    mention_count: int = 0
    revision: int = 0

    @property
    def key(self) -> str:
        """What identifies it in its partition: the folded name."""
        return name_key(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A typed, directed statement between two entities, over an interval.

    `type` matches `^[A-Z][A-Z0-9_]{0,63}$`; `label` keeps the words it was said in. `expired_at` is set when it was
    retired, `superseded_by` then names the *memory* that did. `memory_ids` are the memories that state it: those
    visible to the read, or all of the partition where the read has no view. Never empty in a store.
    """

    id: str
    project: str
    owner: str
    subject_id: str
    type: str
    object_id: str
    label: str
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    created_at: datetime
    expired_at: datetime | None = None
    superseded_by: str | None = None
    memory_ids: tuple[str, ...] = ()
    revision: int = 0

    @property
    def is_current(self) -> bool:
        """Not retired."""
        return self.expired_at is None

    @property
    def support(self) -> int:
        """How many memories state it."""
        return len(self.memory_ids)


class Event(StrEnum):
    """What a revision did to a memory."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    SUPERSEDE = "SUPERSEDE"
    RESTORE = "RESTORE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One entry of a memory's history.

    `state` is `Memory.state()` right after the event, as `known_at` replays it; a DELETE keeps neither texts nor state.
    `by` names the actor (an API key's name, or what the caller said), `reason` the rule.
    """

    id: str
    memory_id: str
    event: Event
    at: datetime
    old_text: str | None = None
    new_text: str | None = None
    reason: str | None = None
    by: str | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


class Step(NamedTuple):
    """One stride of a path: from an entity, along a relation or through a memory, to an entity or memory.

    `kind` is `relation`, `mention` (entity ↔ memory), `turn` (memory ↔ memory: said shortly before or after it) or
    `match` (the query itself found the target).
    """

    kind: Literal["match", "relation", "mention", "turn"]
    source_id: str | None
    target_id: str
    relation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How a hit was reached: query → seed entity or relation → relations → memory.

    `text` is the readable line, e.g. ``query → Ana —SISTER_OF→ Marta —WORKS_AT→ Critical Software``.
    """

    steps: tuple[Step, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgraph:
    """A part of the graph: entities, and the relations between them. If it is not `complete`, more was there."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseVector:
    """Weights of terms: `indices` are unsigned 32-bit term numbers, distinct; `values` their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """What the vector index holds of one memory, relation or entity: ids, vectors and filter tokens, never text.

    `scope` and `tokens` (hashed `key=value`, see `filters.bounds.token`) are given for memories only. `dense` has unit
    length or is all zero.
    """

    id: str
    kind: Kind
    revision: int
    project: str
    owner: str
    scope: Mapping[str, str] = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()
    dense: NDArray[np.float32]
    sparse: SparseVector
