"""What became of what was accepted to be done later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.jobs import Job
from graphmem.engine.read import Read
from graphmem.engine.requests import read_view
from graphmem.errors import NotFound
from graphmem.filters import all_of, field_equals
from graphmem.models import Memory
from graphmem.queries import MemoryQuery

from ..wire import Json
from . import shapes
from .given import Call, Given, memory_id
from .pages import sliced
from .shapes import Shape

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

MOST = 1_000
"""Events that the pages go back."""


@router.get("/v1/event/{text}")
async def event(text: str, call: Call) -> Json:
    """One event. That of an add done at once has the id of the first memory it brought, and is read from those."""
    backend, id_ = call.backend("reader"), memory_id(text, "event_id")
    try:
        found = await backend.engine.jobs.get(backend.project, id_)
        return Json((await _shapes(call, backend, [found]))[0])
    except NotFound:
        everything = read_view(backend.project, {}, anyone=True, include_superseded=True, include_expired=True)
        memories = await backend.engine.read.memories(everything, [id_])
        if id_ not in memories:
            raise
        return Json(await _at_once(backend.engine.read, memories[id_]))


@router.get("/v1/events")
async def events(call: Call) -> Json:
    """What was accepted to be done later, newest first, a page at a time."""
    backend = call.backend("reader")
    jobs = await backend.engine.jobs.listed(backend.project, limit=MOST)
    told = sliced(call.url, call.page(), jobs)
    return Json({**told, "results": await _shapes(call, backend, told["results"])})


async def _shapes(call: Given, backend: LocalBackend, jobs: Sequence[Job]) -> list[Shape]:
    """The events, their results told with what is known of those memories that were retired."""
    retired = {str(each["id"]) for job in jobs for each in job.results if each.get("event") == "SUPERSEDE"}
    views = await call.memories(backend, retired) if retired else {}
    successors = {id_: view["superseded_by"] for id_, view in views.items()}
    return [_shape(job, successors) for job in jobs]


def _shape(job: Job, successors: Mapping[str, str | None]) -> Shape:
    ended = job.completed_at
    results = [{**each, "superseded_by": successors.get(str(each["id"]))} for each in job.results]
    return {
        "id": job.id,
        "event_type": _TYPES.get(job.kind, job.kind.upper()),
        "status": job.status,
        "payload": dict(job.payload),
        "metadata": job.payload.get("metadata"),
        "results": shapes.outcomes(results),
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "completed_at": ended.isoformat() if ended else None,
        "latency": (ended - job.created_at).total_seconds() * 1000 if ended else None,
        "graph_status": job.status,
        "error": job.error,
    }


_TYPES = {"add": "ADD"}


async def _at_once(read: Read, first: Memory) -> Shape:
    """The event of the add that brought a memory: with it came those of the same moment and scope."""
    scope = first.scope
    same = (field_equals(name, value) for name, value in scope.ids.items())
    view = read_view(
        scope.project,
        {},
        all_of(field_equals("created_at", first.created_at), *same),
        include_superseded=True,
        include_expired=True,
    )
    page = await read.find(MemoryQuery(view=view, newest_first=False, limit=MOST))
    at = first.created_at.isoformat()
    results: list[dict[str, Any]] = [{"id": each.id, "memory": each.text, "event": "ADD"} for each in page.items]
    return {
        "id": first.id,
        "event_type": "ADD",
        "status": "SUCCEEDED",
        "payload": {},
        "metadata": None,
        "results": shapes.outcomes(results),
        **dict.fromkeys(("created_at", "updated_at", "started_at", "completed_at"), at),
        "latency": 0.0,
        "graph_status": "SUCCEEDED",
        "error": None,
    }
