"""The read language: what is asked of a store and of an index, as data, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

from graphmem.errors import InvalidInput
from graphmem.filters import TRUE, And, Filter, Leaf, all_of, matches
from graphmem.models import SCOPE_FIELDS, Entity, Episode, Kind, Memory, Partition, Relation, SparseVector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AROUND",
    "MAX_AROUND",
    "Around",
    "EntityQuery",
    "Hop",
    "IndexFilter",
    "Known",
    "KnownQuery",
    "MemoryQuery",
    "Neighbour",
    "Node",
    "Page",
    "Record",
    "RelationQuery",
    "Talk",
    "TextQuery",
    "Turn",
    "VectorQuery",
    "View",
    "Walk",
]

Item = TypeVar("Item")

AROUND = 100
"""Relations in a neighbourhood, unless more are asked for: as many as a person can look at."""

MAX_AROUND = 10_000
"""The most that can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a reader may see: the meaning of visibility, the same for every read of every store.

    `where` carries scope and filter alike. `owners` are the partitions that can hold anything for it (None: all of the
    project). Without `as_of` a read shows the current view: nothing retired (unless `include_superseded`). `as_of` is
    strict: the interval must hold it, retired or not. `known_at` replays what the store knew then. Past its
    `expiration_date` a memory is hidden unless `include_expired`; the day that counts is that of `as_of`, else `today`.
    """

    project: str
    where: Filter = TRUE
    owners: tuple[str, ...] | None = None
    today: date
    as_of: datetime | None = None
    known_at: datetime | None = None
    include_superseded: bool = False
    include_expired: bool = False

    def __post_init__(self) -> None:
        if not self.project:
            raise InvalidInput("A read needs a project.", field="project")

    @property
    def asked(self) -> Filter:
        """`where` without what its only partition says of all it holds: whose the memories of `user:ana` are."""
        parts = self.where.parts if isinstance(self.where, And) else (self.where,)
        return all_of(*(part for part in parts if not (isinstance(part, Leaf) and self.implies(part))))

    def implies(self, leaf: Leaf) -> bool:
        """Whether the only partition that is read says of all it holds that the leaf is true."""
        if leaf.op != "eq" or leaf.field not in SCOPE_FIELDS or not isinstance(leaf.values[0], str):
            return False
        return self.owners == (f"{leaf.field.removesuffix('_id')}:{leaf.values[0]}",)

    def sees(self, memory: Memory) -> bool:
        """Whether the memory (already rewound to `known_at`, where that is set) is visible."""
        scope = memory.scope
        if scope.project != self.project or (self.owners is not None and scope.owner not in self.owners):
            return False
        if self.known_at is not None and memory.created_at > self.known_at:
            return False
        if memory.expiration_date is not None and not self.include_expired:
            day = self.as_of.date() if self.as_of else self.today
            if day > memory.expiration_date:
                return False
        return self._in_time(memory) and matches(self.where, memory.fields())

    def _in_time(self, memory: Memory) -> bool:
        if self.as_of is None:
            return memory.is_current or self.include_superseded
        since = memory.valid_at or memory.observed_at
        return since <= self.as_of and (memory.invalid_at is None or self.as_of < memory.invalid_at)

    def sees_relation(self, relation: Relation) -> bool:
        """Whether a relation shows, given that `relation.memory_ids` are the visible memories that state it."""
        if not relation.memory_ids:
            return False
        retired = relation.expired_at
        if self.known_at is not None:
            if relation.created_at > self.known_at:
                return False
            if retired is not None and retired > self.known_at:
                retired = None
        if self.as_of is None:
            return retired is None or self.include_superseded
        closed = relation.invalid_at if relation.expired_at == retired else None
        return (relation.valid_at is None or relation.valid_at <= self.as_of) and (
            closed is None or self.as_of < closed
        )


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of the answers. `cursor` is opaque and asks for the next page; None: there is none."""

    items: tuple[Item, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryQuery:
    """Visible memories by (created_at, id); `newest_first` turns the order round.

    Pages neither lose nor repeat a memory while others are written. `offset` skips that many (for numbered pages) and
    excludes `cursor`.
    """

    view: View
    newest_first: bool = True
    limit: int = 100
    cursor: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityQuery:
    """Entities that a visible memory mentions, by (name key, id).

    `names` are folded names (`name_key`), aliases included; `ids`, `type` narrow further; None: no condition.
    """

    view: View
    names: frozenset[str] | None = None
    ids: frozenset[str] | None = None
    type: str | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationQuery:
    """Visible relations by (valid_at, unknown first; created_at; id).

    `entities` are ids of which one must be the subject or object as `side` says; `types` and `ids` narrow
    further.
    """

    view: View
    entities: frozenset[str] | None = None
    side: Literal["subject", "object", "either"] = "either"
    types: frozenset[str] | None = None
    ids: frozenset[str] | None = None
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One hop out from `entity_ids`, and from the ends of the visible ones of `facts` (ids of relations), over what is
    visible.

    At most `hub_cap` relations and `hub_cap` memories are followed from each entity: those in `prefer_relations` and
    `prefer_memories` (ids of what resembles the question, the best first) in their order, then the newest (by
    `created_at`, then id); without `memories` only relations are followed. The `last` hop of several has no facts and
    follows no relations, of an entity that more memories mention than the cap only those preferred, and of memories it
    tells only that they mention the entity from which it came.
    """

    view: View
    entity_ids: tuple[str, ...]
    facts: tuple[str, ...] = ()
    hub_cap: int = 200
    prefer_relations: tuple[str, ...] = ()
    prefer_memories: tuple[str, ...] = ()
    memories: bool = True
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The visible relations of `entity_ids`: those of the first first, of each the newest first (by `created_at`, then
    id), each once; of all these at most `limit`.

    `types` confine them; those in `known` (ids) are left out, as if they were not there. Nothing is bounded but the
    answer, and entities that it has no room for are not looked at.
    """

    view: View
    entity_ids: tuple[str, ...]
    limit: int
    types: frozenset[str] | None = None
    known: tuple[str, ...] = ()


class Node(NamedTuple):
    """An entity as searching needs it: `degree` is how many memories of its partition mention it, visible or not."""

    id: str
    name: str
    type: str | None
    degree: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What one hop reached.

    `relations` touch an entity of the frontier (`memory_ids`: visible ones); those it began with, `facts` (ids), are
    among them. `mentions` are (memory id, entity id) for the memories reached from the frontier and *all* the entities
    they mention. `nodes` says of each entity seen what it is called, and its degree: the weight that keeps hubs from
    drowning the rest.
    """

    facts: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    mentions: tuple[tuple[str, str], ...] = ()
    nodes: Mapping[str, Node] = field(default_factory=dict)

    @property
    def degrees(self) -> dict[str, int]:
        """The nodes' degrees, by id."""
        return {node.id: node.degree for node in self.nodes.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was said around each of `memory_ids`: `reach` episodes before and after, of the same scope, `pause` away."""

    view: View
    memory_ids: tuple[str, ...]
    reach: int
    pause: timedelta


class Turn(NamedTuple):
    """A memory that is an episode in its own words: how many episodes behind the one asked for (or before it, below
    zero), and who said it.
    """

    memory_id: str
    place: int
    role: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuery:
    """Visible memories that hold words of `text`: the fallback of the keyword arm when the index is down."""

    view: View
    text: str
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownQuery:
    """All that planning has to know of one partition, asked at once.

    `names` are folded names, of entities or their aliases; `selves` maps `Entity.self_of` values to the folded name
    under which they are asked for, so an owner that learned its real name is still found (under that name it comes
    before whoever else is called so). `texts` are `text_key`s. `slots` are (subject's folded name, relation type)
    and `pairs` (subject's, object's folded name), read as `names` and `selves` are: the relations found there are
    returned with the memories that state them. `memory_ids` are returned with all that hangs on them when
    `dependents` is set: the memories and relations they superseded, the relations they state, their episodes.
    `run_id` and `last_episodes` ask for that many newest episodes of the run (of the partition, where `run_id` is
    None), by (`observed_at`, `created_at`, order of writing), oldest first.
    """

    partition: Partition
    names: frozenset[str] = frozenset()
    selves: Mapping[str, str] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    slots: frozenset[tuple[str, str]] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()
    memory_ids: frozenset[str] = frozenset()
    dependents: bool = False
    run_id: str | None = None
    last_episodes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The answer to a `KnownQuery`, read in one consistent state: retired things included, no view applied.

    `sequence` is the partition's (0: it is new). `entities` is keyed by the folded names that were asked for.
    `memories` is keyed by id and holds those asked for by id or text, those that state a returned relation, and the
    dependents. `sources` says of each returned episode which memories came from it.
    """

    sequence: int = 0
    entities: Mapping[str, Entity] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    episodes: tuple[Episode, ...] = ()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the index copies of one memory, relation or entity.

    `text` is the memory's words, the relation as a sentence (`Marta works at Critical Software`: the subject's name,
    the label, the object's name), or the entity's names. `scope`, `metadata` and `categories` are the memory's.
    """

    kind: Kind
    id: str
    revision: int
    project: str
    owner: str
    text: str
    scope: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, object] = field(default_factory=dict)
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFilter:
    """What the index is asked to hold to: never narrower than the truth, the store re-checks.

    `owners` as in `View`; an empty tuple matches nothing. `where` (memories only) has `eq` and `in` leaves over the
    scope fields, `categories` and `metadata.…`, joined by And, Or, Not: `filters.widen` made it so.
    """

    project: str
    owners: tuple[str, ...] | None = None
    where: Filter = TRUE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VectorQuery:
    """The nearest of one kind: to `dense` by cosine, or to `sparse` by weighted terms (exactly one is set).

    `among` confines the search to these ids.
    """

    kind: Kind
    filter: IndexFilter
    limit: int
    dense: NDArray[np.float32] | None = None
    sparse: SparseVector | None = None
    among: tuple[str, ...] | None = None


class Neighbour(NamedTuple):
    """A hit of the index. `score` is the cosine in [-1, 1], or the weighted sum of matching terms, ≥ 0."""

    id: str
    score: float
    revision: int
