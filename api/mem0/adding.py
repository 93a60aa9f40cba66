"""Adding: at once or queued, in the shapes of each version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.requests import read_view
from graphmem.errors import InvalidInput
from graphmem.extraction.classify import DEFAULT_CATEGORIES
from graphmem.filters import parse_leaf, pinned
from graphmem.ids import new_id
from graphmem.models import SCOPE_FIELDS
from graphmem.views import AddResult

from ..wire import Json
from . import shapes
from .exports import read_form
from .given import Call, Given

__all__ = ["add_v3", "router"]

router = APIRouter(include_in_schema=False)

QUEUED = "Memory processing has been queued for background execution"

_AS_THEY_ARE = (
    "metadata",
    "categories",
    "agent_custom_instructions",
    "includes",
    "excludes",
    "custom_categories",
    "max_llm_calls",
)


@router.post("/v1/memories")
async def add_v1(call: Call) -> Json:
    """Remember: at once, or with `async_mode` in the background. Texts kept as they are (`infer` false) never wait."""
    backend = call.backend("writer")
    arguments, schema = await _arguments(call, backend), _schema(call)
    wrapped = call.wrapped()
    if _may_wait(arguments, schema) and call.flag("async_mode", False):
        job = await backend.add_queued(arguments)
        waiting = [{"message": QUEUED, "status": job.status, "event_id": job.id}]
        return Json({"results": waiting} if wrapped else waiting)
    answer = await _remember(call, backend, arguments, schema)
    results = shapes.outcomes(answer["results"])
    views = await call.memories(backend, [each["id"] for each in results])
    results = shapes.kept(results, views)
    if not wrapped:
        return Json(results)
    return Json({"results": results} | await _relations(call, backend, answer))


@router.post("/v3/memories/add")
async def add_v3(call: Call) -> Json:
    """Remember: in the background, unless the texts are to be kept as they are (`infer` false).

    What is remembered at once has its event under the id of its first memory.
    """
    backend = call.backend("writer")
    arguments, schema = await _arguments(call, backend), _schema(call)
    if _may_wait(arguments, schema) and call.flag("async_mode", True):
        job = await backend.add_queued(arguments)
        return Json({"message": QUEUED, "status": job.status, "event_id": job.id, "results": []})
    answer = await _remember(call, backend, arguments, schema)
    told = {
        "message": "Memories stored successfully" if answer["results"] else answer.get("message"),
        "status": "SUCCEEDED",
        "event_id": answer["results"][0]["id"] if answer["results"] else new_id(),
        "results": shapes.outcomes(answer["results"]),
    }
    return Json(told | await _relations(call, backend, answer))


def _may_wait(arguments: Mapping[str, Any], schema: Any) -> bool:
    """Whether an add may be done in the background: its caller does not count on ids, or on what a schema fills."""
    return bool(arguments["infer"]) and schema is None


async def _remember(call: Given, backend: LocalBackend, arguments: Mapping[str, Any], schema: Any) -> AddResult:
    """Add now. With a schema, each new memory keeps in its metadata, as `structured_data`, what the add tells of it."""
    answer = await backend.add(arguments)
    call.house.metrics.add(answer)
    new = [item["id"] for item in answer["results"] if item["event"] == "ADD"]
    if schema is not None and new:
        ids = {name: arguments.get(name) for name in SCOPE_FIELDS}
        view = read_view(backend.project, ids, parse_leaf("id", "in", new))
        filled = await backend.engine.exports.fill(view, schema)
        for id_, memory in (await call.memories(backend, new)).items():
            await backend.update(id_, {"metadata": {**memory["metadata"], "structured_data": filled.document}})
    return answer


def _schema(call: Given) -> Mapping[str, Any] | None:
    wanted = call.get("structured_data_schema")
    return read_form(wanted, "structured_data_schema") if wanted else None


async def _relations(call: Given, backend: LocalBackend, answer: AddResult) -> dict[str, Any]:
    if not await call.with_relations(backend):
        return {}
    return {"relations": shapes.added_relations(answer)}


async def _arguments(call: Given, backend: LocalBackend) -> dict[str, Any]:
    """The add, in the core's words. Where neither it nor its project names categories, mem0's are offered."""
    if call.body.get("messages") is None:
        raise InvalidInput("'messages' is missing: there is nothing to remember.", field="messages")
    given: dict[str, Any] = {
        **_scope(call),
        "messages": _messages(call.body["messages"]),
        "infer": call.flag("infer", True),
        "immutable": call.flag("immutable", False),
        "timestamp": call.moment("timestamp", "observation_datetime", "observation_date"),
        "expiration_date": call.day("expiration_date"),
        "custom_instructions": call.get("custom_instructions", call.get("prompt")),
        **{name: call.get(name) for name in _AS_THEY_ARE},
    }
    if given["custom_categories"] is None and given["categories"] is None:
        project = await backend.engine.projects.get(backend.project)
        given["custom_categories"] = dict(DEFAULT_CATEGORIES) if project.custom_categories is None else None
    return {name: value for name, value in given.items() if value is not None}


def _scope(call: Given) -> dict[str, Any]:
    """The ids beside the messages; those that are left out there may stand in `filters`.

    Raises `InvalidInput` where the filters name several: a memory has one owner.
    """
    found = call.ids()
    where = call.filters()
    for name in SCOPE_FIELDS:
        named = pinned(where, name)
        if named and name not in found:
            if len(named) > 1:
                raise InvalidInput(f"The filters name {len(named)} of {name!r}; an add takes one.", field="filters")
            [found[name]] = named
    return found


def _messages(messages: Any) -> Any:
    """The messages without those that say nothing, as calls of tools are recorded, while others say something."""
    if not isinstance(messages, list):
        return messages
    telling = [_named(each) for each in messages if not _is_silent(each)]
    return telling or messages


def _is_silent(message: Any) -> bool:
    if not isinstance(message, Mapping):
        return False
    content = message.get("content")
    return content is None or content == [] or (isinstance(content, str) and not content.strip())


def _named(message: Any) -> Any:
    """The message, without a name that is none."""
    if isinstance(message, Mapping) and message.get("name", "") in ("", None):
        return {key: value for key, value in message.items() if key != "name"}
    return message
