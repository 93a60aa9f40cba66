"""Events: what was accepted to be done later, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from graphmem.client.later import EventView, event_view
from graphmem.ids import check_id

from ..deps import Reader
from ..wire import Json
from .schemas import EventPage, EventsQuery

__all__ = ["router"]

router = APIRouter(prefix="/events", tags=["events"])

EventId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


@router.get("", response_model=EventPage, name="events")
async def listed(query: Annotated[EventsQuery, Query()], backend: Reader) -> Json:
    """What was accepted to be done later, newest first, a page at a time."""
    before = None if query.cursor is None else check_id(query.cursor, field="cursor")
    jobs = await backend.engine.jobs.listed(backend.project, limit=query.limit, before=before)
    cursor = jobs[-1].id if len(jobs) == query.limit else None
    return Json({"results": [event_view(job) for job in jobs], "cursor": cursor})


@router.get("/{event_id}", response_model=EventView, name="event")
async def get(event_id: EventId, backend: Reader) -> Json:
    """One of them. Finished, it keeps ids; the texts are those that the memories have now."""
    return Json(event_view(await backend.engine.jobs.get(backend.project, check_id(event_id, field="event_id"))))
