"""What callers may send, and the few answers that only servers give.

Shapes are checked here, so that an error names the field; the engine judges the rest. A field that is not known is
refused: a misspelt `user_ids` must not widen what is read or deleted.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NotRequired

from fastapi import Path
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, Json, StrictInt, StrictStr
from pydantic.json_schema import WithJsonSchema
from typing_extensions import TypedDict

from graphmem.client.later import EventView
from graphmem.client.local import MAX_DEPTH, MAX_LENGTH, MAX_QUERY
from graphmem.engine.keys import MAX_NAME as MAX_KEY_NAME
from graphmem.engine.keys import MAX_PROJECTS, MAX_RATE, Role
from graphmem.engine.requests import (
    MAX_ID,
    MAX_INSTRUCTIONS,
    MAX_NAME,
    MAX_PAGE,
    MAX_PARTS,
    MAX_TEXT,
)
from graphmem.engine.webhooks import EVENT_TYPES, SECRET_LENGTH, EventType
from graphmem.engine.webhooks import MAX_NAME as MAX_WEBHOOK_NAME
from graphmem.outbound.addresses import MAX_URL
from graphmem.queries import AROUND, MAX_AROUND
from graphmem.views import AddResult

__all__ = [
    "About",
    "AddBody",
    "BatchBody",
    "BatchResult",
    "Configuration",
    "EntitiesQuery",
    "EntityQuery",
    "EventPage",
    "EventsQuery",
    "ExportQuery",
    "FillBody",
    "ImportQuery",
    "ImportResult",
    "KeyBody",
    "KeyView",
    "ListQuery",
    "MemberBody",
    "MemberView",
    "MemoryId",
    "NewKeyView",
    "NewProjectBody",
    "PathsQuery",
    "ProjectBody",
    "ProjectView",
    "QueuedView",
    "Readiness",
    "RelationsQuery",
    "RememberBody",
    "ScopeQuery",
    "ScopeView",
    "SearchBody",
    "SubgraphQuery",
    "SummaryQuery",
    "UpdateBody",
    "WebhookBody",
    "WebhookChange",
]

MAX_BATCH = 1_000
"""Adds in one request."""

MAX_QUERY_LIST = 500
"""Values of one name in a query string: servers take no more than 64 kB of it."""

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)


def _number_if_one(text: str) -> str | float:
    """In a query string everything is text: seconds since 1970 are told by their looks."""
    return float(text) if _NUMBER.fullmatch(text) else text


Id = Annotated[
    StrictStr | StrictInt,
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1, "maxLength": MAX_ID}, {"type": "integer"}]}),
]
MemoryId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Moment = Annotated[
    StrictStr | StrictInt | float,
    Field(description="ISO 8601 with a time zone, a day, or seconds since 1970.", examples=["2026-01-31T12:00:00Z"]),
]
QueryMoment = Annotated[
    str,
    AfterValidator(_number_if_one),
    Field(description="ISO 8601 with a time zone, a day, or seconds since 1970.", examples=["2026-01-31T12:00:00Z"]),
]
Day = Annotated[str, Field(description="A day, the last on which it shows.", examples=["2026-12-31"])]
Filters = Annotated[
    dict[str, Any],
    Field(description="Conditions on fields, joined by AND, OR, NOT.", examples=[{"metadata.trip": {"gte": 7}}]),
]
QueryFilters = Annotated[Json[dict[str, Any]], Field(description="Filters as a JSON object.")]
Limit = Annotated[int, Field(strict=True, ge=1, le=MAX_PAGE)]
QueryLimit = Annotated[int, Field(ge=1, le=MAX_PAGE)]
QueryList = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]] | None, Field(max_length=MAX_QUERY_LIST)
]  # FastAPI before 0.150 finds a list in a union only within the annotation
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Names = Annotated[list[Name], Field(max_length=MAX_PARTS)]
Instructions = Annotated[str, Field(max_length=MAX_INSTRUCTIONS)]
Categories = list[str | dict[str, str]] | dict[str, str]
Named = Annotated[str, Field(min_length=1, max_length=MAX_KEY_NAME)]

_TRIPLE = {
    "anyOf": [
        {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
        {
            "type": "object",
            "properties": {
                **{
                    name: {"type": "string"}
                    for name in ("source", "relationship", "target", "source_type", "target_type")
                },
                "valid_at": {"type": "string"},
                "invalid_at": {"type": "string"},
            },
            "required": ["source", "relationship", "target"],
            "additionalProperties": False,
        },
    ]
}
_ENTITY = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "type": {"type": "string"},
                "aliases": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
    ]
}


class _Given(BaseModel):
    """Arguments: what the caller gave is told apart from what was left out."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    def arguments(self) -> dict[str, Any]:
        """What was given, by name."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


# -- bodies


class _Scope(_Given):
    user_id: Id | None = None
    agent_id: Id | None = None
    app_id: Id | None = None
    run_id: Id | None = None


class AddBody(_Scope):
    """What to remember, of whom: at least one of the four ids is needed."""

    messages: Annotated[
        str | dict[str, Any] | list[str | dict[str, Any]],
        Field(
            description="A text, a message, or messages in the OpenAI format.",
            examples=["Ana leads Atlas.", [{"role": "user", "content": "I moved to Lisbon."}]],
        ),
    ]
    infer: Annotated[bool, Field(strict=True, description="Draw memories from it; else keep the words.")] = True
    metadata: dict[str, Any] | None = None
    categories: Names | None = None
    timestamp: Annotated[
        Moment | None,
        Field(validation_alias=AliasChoices("timestamp", "observation_date"), description="When it was said."),
    ] = None
    expiration_date: Day | None = None
    immutable: Annotated[bool, Field(strict=True, description="Nothing may supersede it.")] = False
    entities: (
        Annotated[
            list[Annotated[Any, WithJsonSchema(_ENTITY)]], Field(max_length=MAX_PARTS, examples=[["Ana", "Atlas"]])
        ]
        | None
    ) = None
    relations: (
        Annotated[
            list[Annotated[Any, WithJsonSchema(_TRIPLE)]],
            Field(max_length=MAX_PARTS, examples=[[["Ana", "LEADS", "Atlas"]]]),
        ]
        | None
    ) = None
    custom_instructions: Annotated[
        Instructions | None, Field(validation_alias=AliasChoices("custom_instructions", "prompt"))
    ] = None
    agent_custom_instructions: Annotated[
        Instructions | None, Field(description="In place of the others for what an assistant said.")
    ] = None
    includes: Instructions | None = None
    excludes: Instructions | None = None
    custom_categories: Categories | None = None
    max_llm_calls: Annotated[int, Field(strict=True, ge=0, le=100)] | None = None


class RememberBody(AddBody):
    """What to remember, now or later."""

    background: Annotated[
        bool, Field(strict=True, description="Answer 202 at once with an `event_id`, and remember it later.")
    ] = False


class BatchBody(_Given):
    """Many adds."""

    items: Annotated[list[AddBody], Field(max_length=MAX_BATCH)]


class SearchBody(_Scope):
    """A question, and whose memory to ask: by ids or by filters."""

    query: Annotated[str, Field(max_length=MAX_QUERY, examples=["who leads Atlas?"])]
    filters: Filters | None = None
    top_k: Limit | None = None
    limit: Annotated[Limit | None, Field(description="Another name for top_k.")] = None
    threshold: Annotated[float, Field(ge=0, le=1, description="The least score.")] | None = None
    rerank: Annotated[bool, Field(strict=True)] = False
    explain: Annotated[bool, Field(strict=True)] = False
    as_of: Annotated[Moment | None, Field(description="What was true then.")] = None
    known_at: Annotated[Moment | None, Field(description="What was known then.")] = None
    include_superseded: Annotated[bool, Field(strict=True)] = False
    include_expired: Annotated[
        bool, Field(strict=True, validation_alias=AliasChoices("include_expired", "show_expired"))
    ] = False
    reference_date: Annotated[Moment | None, Field(description='The "now" that age counts from.')] = None
    graph: Annotated[
        bool | None,
        Field(strict=True, description="Whether relations are looked at and answered; by default as the project says."),
    ] = None


class FillBody(_Scope):
    """A document to fill: its JSON Schema, and from whose memory."""

    schema_: Annotated[
        dict[str, Any],
        Field(
            alias="schema",
            description="A JSON Schema, draft 2020-12 unless it names another.",
            examples=[{"type": "object", "properties": {"employer": {"type": "string"}}}],
        ),
    ]
    instructions: Annotated[Instructions | None, Field(description="For the model; refused where there is none.")] = (
        None
    )
    filters: Filters | None = None
    as_of: Annotated[Moment | None, Field(description="What was true then.")] = None
    known_at: Annotated[Moment | None, Field(description="What was known then.")] = None
    include_superseded: Annotated[bool, Field(strict=True)] = False
    include_expired: Annotated[bool, Field(strict=True)] = False

    def arguments(self) -> dict[str, Any]:
        """What was given, by name. (pydantic's models have a `schema` of their own.)"""
        given = super().arguments()
        return {"schema" if name == "schema_" else name: value for name, value in given.items()}


class UpdateBody(_Given):
    """What to change. A field that is left out stays; `expiration_date` and `feedback` are cleared by null."""

    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    data: Annotated[str | None, Field(max_length=MAX_TEXT, description="Another name for text.")] = None
    metadata: dict[str, Any] | None = None
    categories: Names | None = None
    timestamp: Moment | None = None
    expiration_date: Day | None = None
    feedback: Literal["POSITIVE", "NEGATIVE", "VERY_NEGATIVE"] | None = None


class KeyBody(_Given):
    """A key to make. The first project is its default."""

    name: Named
    role: Role = "writer"
    projects: Annotated[list[Named], Field(min_length=1, max_length=MAX_PROJECTS)] = ["default"]
    rate: Annotated[
        int | None, Field(strict=True, ge=1, le=MAX_RATE, description="Requests a minute; null: any number.")
    ] = None


class NewProjectBody(_Given):
    """A project to make."""

    name: Named
    description: Instructions | None = None


class ProjectBody(_Given):
    """What to set for a project. What is left out stays; null clears words and categories."""

    name: Named | None = None
    description: Instructions | None = None
    custom_instructions: Instructions | None = None
    agent_custom_instructions: Annotated[
        Instructions | None, Field(description="For agents' own memories, and for what an assistant said.")
    ] = None
    includes: Instructions | None = None
    excludes: Instructions | None = None
    custom_categories: Categories | None = None
    multilingual: Annotated[
        bool, Field(strict=True, description="Kept and given back: text stays in its language in any case.")
    ] = False
    decay: Annotated[bool, Field(strict=True, description="Searches let what is old fade.")] = False
    enable_graph: Annotated[bool, Field(strict=True, description="Searches walk the graph and answer relations.")] = (
        True
    )
    predicates: Annotated[
        dict[str, Any] | None,
        Field(description="Relations of the project's own: which are functional, opposite, the same."),
    ] = None


class MemberBody(_Given):
    """A member, by the name of a key there is or will be, and the role."""

    name: Named
    role: Role = "reader"


EventTypes = Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES))]
WebhookName = Annotated[str, Field(min_length=1, max_length=MAX_WEBHOOK_NAME)]
WebhookUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL,
        description="An http(s) address on the open internet.",
        examples=["https://example.com/hook"],
    ),
]
Secret = Annotated[
    str,
    Field(
        min_length=SECRET_LENGTH[0], max_length=SECRET_LENGTH[1], description="Signs deliveries; left out, one is made."
    ),
]


class WebhookBody(_Given):
    """A webhook to make. Left out, `event_types` are the three of adding, updating and deleting."""

    url: WebhookUrl
    name: WebhookName = "webhook"
    event_types: EventTypes | None = None
    secret: Secret | None = None
    is_active: Annotated[bool, Field(strict=True)] = True


class WebhookChange(_Given):
    """What to change of a webhook; what is null or left out stays."""

    url: WebhookUrl | None = None
    name: WebhookName | None = None
    event_types: EventTypes | None = None
    secret: Secret | None = None
    is_active: Annotated[bool | None, Field(strict=True)] = None


# -- query strings


class ScopeQuery(_Given):
    """Whose memory, by ids or filters; "*" stands for any id."""

    user_id: Annotated[str | None, Field(max_length=MAX_ID)] = None
    agent_id: Annotated[str | None, Field(max_length=MAX_ID)] = None
    app_id: Annotated[str | None, Field(max_length=MAX_ID)] = None
    run_id: Annotated[str | None, Field(max_length=MAX_ID)] = None
    filters: QueryFilters | None = None


class EntityQuery(ScopeQuery):
    """Whose memory, and when."""

    as_of: QueryMoment | None = None
    known_at: QueryMoment | None = None
    include_superseded: bool = False
    include_expired: Annotated[bool, Field(validation_alias=AliasChoices("include_expired", "show_expired"))] = False


class ListQuery(EntityQuery):
    """A page of memories."""

    top_k: QueryLimit | None = None
    limit: Annotated[QueryLimit | None, Field(description="Another name for top_k.")] = None
    cursor: Annotated[str | None, Field(description="The `cursor` of the page before.")] = None


class SummaryQuery(EntityQuery):
    """Whose memory to tell, and how."""

    instructions: Annotated[Instructions | None, Field(description="For the model; refused where there is none.")] = (
        None
    )


class EntitiesQuery(EntityQuery):
    """A page of entities."""

    name: Name | None = None
    ids: QueryList = None
    type: Name | None = None
    limit: QueryLimit | None = None
    cursor: str | None = None


class RelationsQuery(EntityQuery):
    """A page of relations."""

    entity: Annotated[Name | None, Field(description="A name or id.")] = None
    side: Literal["subject", "object", "either"] = "either"
    types: QueryList = None
    limit: QueryLimit | None = None
    cursor: str | None = None


class SubgraphQuery(EntityQuery):
    """An entity's neighbourhood."""

    entity: Annotated[Name, Field(description="A name or id.")]
    depth: Annotated[int, Field(ge=1, le=MAX_DEPTH, description="Relations to go out.")] = 1
    limit: Annotated[int, Field(ge=1, le=MAX_AROUND, description="The most relations in all.")] = AROUND
    types: QueryList = None


class PathsQuery(EntityQuery):
    """Two entities."""

    source: Annotated[Name, Field(description="A name or id.")]
    target: Annotated[Name, Field(description="A name or id.")]
    max_length: Annotated[int, Field(ge=1, le=MAX_LENGTH, description="Relations on the way, at most.")] = 4
    limit: QueryLimit | None = None


class EventsQuery(_Given):
    """A page of events."""

    limit: QueryLimit = 100
    cursor: Annotated[str | None, Field(description="The `cursor` of the page before.")] = None


class ExportQuery(_Given):
    """What to export: all of the project, or one owner."""

    owner: Annotated[str | None, Field(description="Such as `user:ana`.")] = None


class ImportQuery(_Given):
    """An import's name, which stands for its content, and the arguments that its lines leave out."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    defaults: QueryFilters | None = None


# -- answers that `graphmem.views` does not know


class BatchResult(TypedDict):
    """The answers to many adds, in their order."""

    results: list[AddResult]


class QueuedView(TypedDict):
    """An add that was accepted to be done later: `GET /events/{event_id}` says what became of it."""

    event_id: str
    status: str


class EventPage(TypedDict):
    """Events, and the cursor of the next page."""

    results: list[EventView]
    cursor: str | None


class RefusedLine(TypedDict):
    """A line that was not taken, and why."""

    line: int
    reason: str


class ImportResult(TypedDict):
    """What an import did; `skipped` lines had been taken by an earlier, interrupted run."""

    lines: int
    memories: int
    skipped: int
    refused: list[RefusedLine]


class ScopeView(TypedDict):
    """Somebody who has memories: a user, agent, app or run."""

    type: str
    id: str
    memories: int
    created_at: str
    updated_at: str


class KeyView(TypedDict):
    """A key without its secret. `grants` are projects beside its own, with its role there; `rate` is a minute's."""

    id: str
    name: str
    role: str
    projects: list[str]
    grants: dict[str, str]
    rate: int | None
    created_at: str


class NewKeyView(KeyView):
    """A key just made. `key` is its secret, shown this once."""

    key: str


class ProjectView(TypedDict):
    """What is set for a project, and the caller's role in it. `created_at` is null where nobody made it by name."""

    id: str
    name: str
    description: str | None
    created_at: str | None
    custom_instructions: str | None
    agent_custom_instructions: str | None
    includes: str | None
    excludes: str | None
    custom_categories: dict[str, str] | None
    multilingual: bool
    decay: bool
    enable_graph: bool
    predicates: dict[str, Any] | None
    role: str


class MemberView(TypedDict):
    """A member of a project: the name of a key, or of somebody who is invited."""

    name: str
    role: str


class About(TypedDict):
    """What answers here."""

    service: str
    version: str
    docs: str
    openapi: str


class Readiness(TypedDict):
    """`stale` counts what the index has to catch up; `degraded` says why searches do without it, where they do."""

    ready: bool
    stale: int
    degraded: NotRequired[str]


class Configuration(TypedDict):
    """What a server is made of."""

    version: str
    project: str
    store: str
    index: str
    embedder: str
    keywords: str
    extractor: str
    reranker: str | None
    episodes: str
