"""Memories: read, list, change, delete, and their histories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.errors import InvalidInput
from graphmem.models import SCOPE_FIELDS, Memory
from graphmem.queries import Page, RelationQuery, View
from graphmem.views import memory_view, relation_views

from ..wire import Json
from . import adding, shapes
from .filters import SCOPE_NAMES
from .given import Call, Given, memory_id
from .pages import Wanted, envelope
from .shapes import Shape

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

MOST = 1_000
"""Memories in an answer that has no pages, and relations in any."""

_NARROWING = frozenset({*SCOPE_NAMES, "filters", "metadata", "categories", "keywords", "start_date", "end_date"})
"""What says which memories a deletion is for."""

_PASSED_OVER = frozenset(
    {
        *("org_id", "project_id", "org_name", "project_name", "version", "api_version", "output_format", "source"),
        *("enable_graph", "async_mode"),
    }
)
"""What a deletion may be told beside. Anything else might be meant to spare something."""

# -- lists


@router.get("/v1/memories")
async def list_v1(call: Call) -> Json:
    """Memories, newest first: a bare list, or a page where pages are asked for."""
    return await _plain(call)


@router.post("/v2/memories")
async def list_v2(call: Call) -> Json:
    """Memories that the filters cover, as in version 1."""
    return await _plain(call)


@router.post("/v3/memories")
async def list_v3(call: Call) -> Json:
    """A page of memories; with `messages` in it, it is an add, as an early version 3 spelt it."""
    if call.body.get("messages") is not None:
        return await adding.add_v3(call)
    backend = call.backend("reader")
    return Json(await _paged(call, backend, call.view(backend.project), related=await call.with_relations(backend)))


async def _plain(call: Given) -> Json:
    backend = call.backend("reader")
    view, wrapped = call.view(backend.project), call.wrapped()
    related = wrapped and await call.with_relations(backend)
    if call.page().asked:
        return Json(await _paged(call, backend, view, related=related))
    page = await call.pages.page(backend.engine.read, view, Wanted(size=call.most(MOST)), call.caller.name)
    results = call.partial([shapes.memory(memory_view(each), backend.project) for each in page.items])
    if not wrapped:
        return Json(results)
    return Json({"results": results} | (await _relations(backend, view, page) if related else {}))


async def _paged(call: Given, backend: LocalBackend, view: View, *, related: bool) -> dict[str, Any]:
    wanted, read = call.page(), backend.engine.read
    page = await call.pages.page(read, view, wanted, call.caller.name)
    results = call.partial([shapes.memory(memory_view(each), backend.project) for each in page.items])
    told = envelope(call.url, wanted, results, await read.count(view), more=page.cursor is not None)
    return told | (await _relations(backend, view, page) if related else {})


async def _relations(backend: LocalBackend, view: View, page: Page[Memory]) -> dict[str, list[Shape]]:
    """The relations that the memories of the page state."""
    stated = frozenset(each for memory in page.items for each in memory.relation_ids)
    if not stated:
        return {"relations": []}
    read = backend.engine.read
    found = (await read.relations(RelationQuery(view=view, ids=stated, limit=MOST))).items
    ends = await read.by_id(view, {end for each in found for end in (each.subject_id, each.object_id)})
    return {"relations": [shapes.relation(each) for each in relation_views(found, ends)]}


def _of(name: str) -> Callable[..., Awaitable[Json]]:
    async def listed(entity_id: str, call: Call) -> Json:
        """The memories of a user, agent, app or run, a page at a time."""
        backend = call.backend("reader")
        return Json(await _paged(call, backend, call.view(backend.project, {name: entity_id}), related=False))

    return listed


for _name in SCOPE_FIELDS:  # before the routes of one memory, whose ids such paths could be taken for
    router.add_api_route(f"/v1/memories/{_name.removesuffix('_id')}/{{entity_id:path}}", _of(_name), methods=["GET"])


@router.get("/v1/memories/events")
async def changes(call: Call) -> Json:
    """What happened to the memories, those written last first: the histories of a page of them."""
    backend = call.backend("reader")
    read, wanted = backend.engine.read, call.page()
    view = call.view(backend.project)
    page = await call.pages.page(read, view, wanted, call.caller.name)
    entries = [
        entry
        for each in page.items
        for entry in shapes.histories(await read.history(backend.project, each.id), memory_view(each), None)
    ]
    return Json(envelope(call.url, wanted, entries, await read.count(view), more=page.cursor is not None))


# -- one


@router.get("/v1/memories/{text}/history")
async def history(text: str, call: Call) -> Json:
    """All revisions of a memory and of what it superseded, oldest first."""
    backend, id_ = call.backend("reader"), memory_id(text)
    revisions = await backend.engine.read.history(backend.project, id_)
    known = await call.memories(backend, [id_])
    memory = known.get(id_)
    successor = memory["superseded_by"] if memory else None
    after = await call.memories(backend, [successor]) if successor else {}
    return Json(shapes.histories(revisions, memory, after.get(successor or "")))


@router.get("/v1/memories/{text}")
async def get(text: str, call: Call) -> Json:
    """One memory, superseded and expired ones included."""
    backend = call.backend("reader")
    return Json(shapes.memory(await backend.get(memory_id(text)), backend.project))


@router.put("/v1/memories/{text}")
async def update(text: str, call: Call) -> Json:
    """Change a memory; what is left out stays, and a null `expiration_date` is cleared."""
    backend, id_ = call.backend("writer"), memory_id(text)
    return Json(shapes.memory(await backend.update(id_, _changes(call)), backend.project))


def _changes(call: Given) -> dict[str, Any]:
    given = {
        "text": call.get("text", call.get("data")),
        "metadata": call.get("metadata"),
        "categories": call.get("categories"),
        "timestamp": call.moment("timestamp"),
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if "expiration_date" in call.body:
        changes["expiration_date"] = call.day("expiration_date")
    return changes


@router.delete("/v1/memories/{text}")
async def delete(text: str, call: Call) -> Json:
    """Delete a memory; with `delete_linked` also those that it took the place of, which would else come back."""
    backend, id_ = call.backend("writer"), memory_id(text)
    linked: list[str] = []
    if call.flag("delete_linked", False):
        await backend.get(id_)
        revisions = await backend.engine.read.history(backend.project, id_)
        older = {each.memory_id for each in revisions} - {id_}
        linked = sorted(await call.memories(backend, older))
    counts = [(await backend.delete(each))["receipt"]["counts"] for each in (*linked, id_)]
    receipt = {"state": "hidden", "counts": _sums(counts)}
    told: dict[str, Any] = {"message": "Memory deleted successfully!", "receipt": receipt}
    return Json(told | ({"cascade_count": len(linked)} if call.flag("delete_linked", False) else {}))


def _sums(counts: list[dict[str, int]]) -> dict[str, int]:
    names = sorted({name for each in counts for name in each})
    return {name: sum(each.get(name, 0) for each in counts) for name in names}


# -- all


@router.delete("/v1/memories")
async def delete_all(call: Call) -> Json:
    """Delete what the ids and filters cover, of which at least one has to be there; "*" stands for any id."""
    backend = call.backend("writer")
    for name in (*call.request.query_params, *call.body):
        if name not in _NARROWING and name not in _PASSED_OVER:
            raise InvalidInput(
                f"A deletion does not know {name[:80]!r}, and might delete more than was meant.", field=name[:80]
            )
    return Json(await backend.delete_all({"filters": call.where()}))
