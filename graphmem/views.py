"""Domain objects as plain, JSON-ready dicts: the one shape that library, REST, command line and MCP share.

Moments are ISO 8601 in UTC, days `YYYY-MM-DD`; what is unknown is null. `*_view` makes a dict of an object,
`read_*` an object of a dict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NotRequired, Protocol

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from graphmem.drafts import Usage
from graphmem.models import Entity, Memory, Origin, Path, Relation, Revision, Scope, Step

if TYPE_CHECKING:
    from graphmem.extraction.plan import Outcome
    from graphmem.retrieval import Hit, Recall

__all__ = [
    "AddItem",
    "AddRelations",
    "AddResult",
    "DeleteResult",
    "EntityPage",
    "EntityView",
    "FillResult",
    "HistoryEntry",
    "MemoryPage",
    "MemoryView",
    "PathView",
    "PathsView",
    "ProfileView",
    "Receipt",
    "RelationPage",
    "RelationView",
    "SearchHit",
    "SearchResult",
    "StepView",
    "SubgraphView",
    "SummaryView",
    "UsageView",
    "add_result",
    "entity_view",
    "history_entry",
    "hit_view",
    "memory_view",
    "path_view",
    "read_entity",
    "read_memory",
    "read_relation",
    "relation_view",
    "relation_views",
    "search_result",
    "usage_view",
]


class MemoryView(TypedDict):
    """A memory. `memory` is its text; `state` is `current` or `superseded`."""

    id: str
    memory: str
    user_id: str | None
    agent_id: str | None
    app_id: str | None
    run_id: str | None
    metadata: dict[str, Any]
    categories: list[str]
    state: str
    created_at: str
    updated_at: str
    observed_at: str
    valid_at: str | None
    invalid_at: str | None
    expired_at: str | None
    superseded_by: str | None
    expiration_date: str | None
    immutable: bool
    attributed_to: str | None
    feedback: str | None
    origin: dict[str, str | None]
    entity_ids: list[str]
    relation_ids: list[str]
    episode_ids: list[str]


class StepView(TypedDict):
    """One stride of a path; `kind` is `match`, `relation` or `mention`."""

    kind: str
    source_id: str | None
    target_id: str
    relation_id: str | None


class PathView(TypedDict):
    """How a hit was reached: a line to read, and its steps."""

    text: str
    steps: list[StepView]


class SearchHit(MemoryView):
    """A memory found. `score` and the arms' `scores` (semantic, keyword, graph, context) are in [0, 1]."""

    score: float
    scores: dict[str, float]
    path: PathView


class RelationView(TypedDict):
    """A typed edge. `target` and `destination` are the same name; `support` counts the memories that state it."""

    id: str
    source: str
    source_id: str
    source_type: str | None
    relationship: str
    label: str
    target: str
    destination: str
    target_id: str
    target_type: str | None
    valid_at: str | None
    invalid_at: str | None
    expired_at: str | None
    superseded_by: str | None
    created_at: str
    support: int
    memory_ids: list[str]
    score: NotRequired[float]


class EntityView(TypedDict):
    """An entity. `memories` counts the visible memories that mention it; `self_of` is the owner or agent it is."""

    id: str
    name: str
    type: str | None
    aliases: list[str]
    self_of: str | None
    memories: int
    created_at: str


class SearchResult(TypedDict):
    """The answer to a search. `explain` is there when it was asked for, `degraded` when the index did not answer."""

    results: list[SearchHit]
    relations: list[RelationView]
    degraded: NotRequired[str]
    explain: NotRequired[dict[str, Any]]


class AddItem(TypedDict):
    """What became of one statement: `event` is ADD, UPDATE, SUPERSEDE (it was retired) or NONE (known already)."""

    id: str
    memory: str
    event: str
    previous_memory: NotRequired[str]
    superseded_by: NotRequired[str | None]


class AddRelations(TypedDict):
    """The typed edges that an add brought and closed."""

    added: list[RelationView]
    closed: list[RelationView]


class UsageView(TypedDict):
    """What an add, a filled document or a summary cost."""

    llm_calls: int
    prompt_tokens: int
    completion_tokens: int
    milliseconds: float


class AddResult(TypedDict):
    """The answer to an add. `message` says so when there was nothing to remember, or the index has to catch up."""

    results: list[AddItem]
    relations: AddRelations
    usage: UsageView
    message: NotRequired[str]


class MemoryPage(TypedDict):
    """Memories, and the cursor of the next page."""

    results: list[MemoryView]
    cursor: str | None


class EntityPage(TypedDict):
    """Entities, and the cursor of the next page."""

    results: list[EntityView]
    cursor: str | None


class RelationPage(TypedDict):
    """Relations, and the cursor of the next page."""

    results: list[RelationView]
    cursor: str | None


class SubgraphView(TypedDict):
    """A part of the graph: entities and the relations between them. If it is not `complete`, more was there."""

    entities: list[EntityView]
    relations: list[RelationView]
    complete: bool


class PathsView(TypedDict):
    """Ways between two entities, and what they pass; `complete`: nothing was left out that others could lead over."""

    paths: list[PathView]
    entities: list[EntityView]
    relations: list[RelationView]
    complete: bool


class Receipt(TypedDict):
    """What a deletion did: `state` is `hidden` (gone from every read) or `erased` (gone from every file)."""

    state: str
    counts: dict[str, int]


class DeleteResult(TypedDict):
    """The answer to a deletion."""

    message: str
    receipt: Receipt


class FillResult(TypedDict):
    """A filled document. `missing` names the places (`address.city`) for which its schema asks and nobody told.

    `memories` is how many were read; `message` says so when there are more.
    """

    document: dict[str, Any]
    missing: list[str]
    memories: int
    usage: UsageView
    message: NotRequired[str]


class ProfileView(TypedDict):
    """Who a scope is. `facts` are its relations, `incoming` those of others to it: what is there, by relation in words.

    `categories` counts memories, `first_seen` and `last_seen` are when the first and the last one were said.
    """

    name: str | None
    aliases: list[str]
    facts: dict[str, list[str]]
    incoming: dict[str, list[str]]
    categories: dict[str, int]
    memories: int
    first_seen: str | None
    last_seen: str | None


class SummaryView(TypedDict):
    """What is known, in a few sentences; empty where nothing is. `memories` and `message` as in `FillResult`."""

    summary: str
    memories: int
    usage: UsageView
    message: NotRequired[str]


class HistoryEntry(TypedDict):
    """One revision of a memory. After a deletion neither text is there."""

    id: str
    memory_id: str
    event: str
    old_memory: str | None
    new_memory: str | None
    at: str
    reason: str | None
    by: str | None
    is_deleted: bool


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def memory_view(memory: Memory) -> MemoryView:
    """The memory as a dict."""
    scope = memory.scope
    origin = memory.origin
    return {
        "id": memory.id,
        "memory": memory.text,
        "user_id": scope.user_id,
        "agent_id": scope.agent_id,
        "app_id": scope.app_id,
        "run_id": scope.run_id,
        "metadata": dict(memory.metadata),
        "categories": list(memory.categories),
        "state": "current" if memory.is_current else "superseded",
        "created_at": memory.created_at.isoformat(),
        "updated_at": memory.updated_at.isoformat(),
        "observed_at": memory.observed_at.isoformat(),
        "valid_at": _iso(memory.valid_at),
        "invalid_at": _iso(memory.invalid_at),
        "expired_at": _iso(memory.expired_at),
        "superseded_by": memory.superseded_by,
        "expiration_date": _iso(memory.expiration_date),
        "immutable": memory.immutable,
        "attributed_to": memory.attributed_to,
        "feedback": memory.feedback,
        "origin": {"extractor": origin.extractor, "model": origin.model, "prompt": origin.prompt},
        "entity_ids": list(memory.entity_ids),
        "relation_ids": list(memory.relation_ids),
        "episode_ids": list(memory.episode_ids),
    }


def path_view(path: Path) -> PathView:
    """The path as a dict."""
    return {"text": path.text, "steps": [_step_view(step) for step in path.steps]}


def _step_view(step: Step) -> StepView:
    return {
        "kind": step.kind,
        "source_id": step.source_id,
        "target_id": step.target_id,
        "relation_id": step.relation_id,
    }


def hit_view(hit: Hit) -> SearchHit:
    """The hit as a dict: its memory, and why it was found."""
    return {
        **memory_view(hit.memory),
        "score": round(hit.score, 6),
        "scores": {arm: round(score, 6) for arm, score in hit.arms.items()},
        "path": path_view(hit.path),
    }


def entity_view(entity: Entity) -> EntityView:
    """The entity as a dict."""
    return {
        "id": entity.id,
        "name": entity.name,
        "type": entity.type,
        "aliases": list(entity.aliases),
        "self_of": entity.self_of,
        "memories": entity.mention_count,
        "created_at": entity.created_at.isoformat(),
    }


class Called(Protocol):
    """An end of a relation, as far as its view shows it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str | None:
        """Its type."""


def relation_view(relation: Relation, entities: Mapping[str, Called], score: float | None = None) -> RelationView:
    """The relation as a dict; `entities` has to hold its two ends."""
    source, target = entities[relation.subject_id], entities[relation.object_id]
    view: RelationView = {
        "id": relation.id,
        "source": source.name,
        "source_id": source.id,
        "source_type": source.type,
        "relationship": relation.type,
        "label": relation.label,
        "target": target.name,
        "destination": target.name,
        "target_id": target.id,
        "target_type": target.type,
        "valid_at": _iso(relation.valid_at),
        "invalid_at": _iso(relation.invalid_at),
        "expired_at": _iso(relation.expired_at),
        "superseded_by": relation.superseded_by,
        "created_at": relation.created_at.isoformat(),
        "support": relation.support,
        "memory_ids": list(relation.memory_ids),
    }
    if score is not None:
        view["score"] = round(score, 6)
    return view


def relation_views(relations: Iterable[Relation], entities: Mapping[str, Called]) -> list[RelationView]:
    """The relations as dicts, in their order."""
    return [relation_view(relation, entities) for relation in relations]


def add_result(
    outcomes: Iterable[Outcome],
    *,
    added: Iterable[Relation],
    closed: Iterable[Relation],
    entities: Mapping[str, Entity],
    usage: Usage,
    milliseconds: float,
    lag: str | None,
) -> AddResult:
    """What an add did, as a dict."""
    items = [_add_item(outcome) for outcome in outcomes]
    result: AddResult = {
        "results": items,
        "relations": {
            "added": relation_views(added, entities),
            "closed": relation_views(closed, entities),
        },
        "usage": usage_view(usage, milliseconds),
    }
    if not items:
        result["message"] = "nothing to remember"
    elif lag is not None:
        result["message"] = f"stored; the index will catch up: {lag}"
    return result


def usage_view(usage: Usage, milliseconds: float) -> UsageView:
    """What something cost, as a dict."""
    return {
        "llm_calls": usage.calls,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "milliseconds": round(milliseconds, 3),
    }


def _add_item(outcome: Outcome) -> AddItem:
    item: AddItem = {"id": outcome.memory.id, "memory": outcome.memory.text, "event": outcome.event}
    if outcome.previous_text is not None:
        item["previous_memory"] = outcome.previous_text
    if outcome.event == "SUPERSEDE":
        item["superseded_by"] = outcome.memory.superseded_by
    return item


def search_result(recall: Recall, *, explain: bool = False) -> SearchResult:
    """The answer of the retriever as a dict."""
    answer: SearchResult = {
        "results": [hit_view(hit) for hit in recall.hits],
        "relations": [
            relation_view(each.relation, recall.entities, each.score)
            for each in recall.relations
            if each.relation.subject_id in recall.entities and each.relation.object_id in recall.entities
        ],
    }
    if recall.degraded is not None:
        answer["degraded"] = recall.degraded
    if explain:
        names = {entity.id: entity.name for entity in recall.entities.values()}
        answer["explain"] = {
            "milliseconds": {stage: round(took, 3) for stage, took in recall.milliseconds.items()},
            "seeds": {names.get(seed, seed): round(weight, 6) for seed, weight in recall.seeds.items()},
            "reached": recall.reached,
        }
    return answer


def history_entry(revision: Revision) -> HistoryEntry:
    """The revision as a dict."""
    return {
        "id": revision.id,
        "memory_id": revision.memory_id,
        "event": revision.event.value,
        "old_memory": revision.old_text,
        "new_memory": revision.new_text,
        "at": revision.at.isoformat(),
        "reason": revision.reason,
        "by": revision.by,
        "is_deleted": revision.event.value == "DELETE",
    }


# -- reading back, for what came over the wire


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def read_entity(view: EntityView, project: str = "default", owner: str = "") -> Entity:
    """The entity that a dict describes. Its partition is not on the wire."""
    return Entity(
        id=view["id"],
        project=project,
        owner=owner,
        name=view["name"],
        type=view["type"],
        aliases=tuple(view["aliases"]),
        self_of=view["self_of"],
        mention_count=view["memories"],
        created_at=datetime.fromisoformat(view["created_at"]),
    )


def read_relation(view: RelationView, project: str = "default", owner: str = "") -> Relation:
    """The relation that a dict describes. Its partition is not on the wire."""
    return Relation(
        id=view["id"],
        project=project,
        owner=owner,
        subject_id=view["source_id"],
        type=view["relationship"],
        object_id=view["target_id"],
        label=view["label"],
        valid_at=_moment(view["valid_at"]),
        invalid_at=_moment(view["invalid_at"]),
        expired_at=_moment(view["expired_at"]),
        superseded_by=view["superseded_by"],
        created_at=datetime.fromisoformat(view["created_at"]),
        memory_ids=tuple(view["memory_ids"]),
    )


def read_memory(view: MemoryView, project: str = "default") -> Memory:
    """The memory that a dict describes, without the names under which it mentions its entities."""
    last_day = view["expiration_date"]
    return Memory(
        id=view["id"],
        scope=Scope(
            project=project,
            user_id=view["user_id"],
            agent_id=view["agent_id"],
            app_id=view["app_id"],
            run_id=view["run_id"],
        ),
        text=view["memory"],
        metadata=view["metadata"],
        categories=tuple(view["categories"]),
        observed_at=datetime.fromisoformat(view["observed_at"]),
        valid_at=_moment(view["valid_at"]),
        invalid_at=_moment(view["invalid_at"]),
        created_at=datetime.fromisoformat(view["created_at"]),
        updated_at=datetime.fromisoformat(view["updated_at"]),
        expired_at=_moment(view["expired_at"]),
        superseded_by=view["superseded_by"],
        expiration_date=None if last_day is None else date.fromisoformat(last_day),
        immutable=view["immutable"],
        attributed_to=view["attributed_to"],
        feedback=view["feedback"],
        origin=_read_origin(view["origin"]),
        relation_ids=tuple(view["relation_ids"]),
        episode_ids=tuple(view["episode_ids"]),
    )


def _read_origin(view: Mapping[str, str | None]) -> Origin:
    return Origin(extractor=view.get("extractor") or "verbatim", model=view.get("model"), prompt=view.get("prompt"))


def names_of(entities: Sequence[Entity]) -> dict[str, Entity]:
    """Entities by id, as `relation_view` wants them."""
    return {entity.id: entity for entity in entities}
