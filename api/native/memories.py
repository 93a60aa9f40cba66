"""Memories: add, read, change, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from graphmem.views import AddResult, DeleteResult, HistoryEntry, MemoryPage, MemoryView

from ..deps import AnyHouse, Reader, Writer
from ..wire import Json
from .schemas import BatchBody, BatchResult, ListQuery, MemoryId, QueuedView, RememberBody, ScopeQuery, UpdateBody

__all__ = ["router"]

router = APIRouter(tags=["memories"])


@router.post(
    "/memories", response_model=AddResult, responses={202: {"model": QueuedView, "description": "Accepted, for later."}}
)
async def add(body: RememberBody, backend: Writer, house: AnyHouse) -> Json:
    """Remember what is in the messages, of whoever the ids name: now, or with `background` later, in order."""
    arguments = body.arguments()
    if arguments.pop("background", False):
        job = await backend.add_queued(arguments)
        return Json({"event_id": job.id, "status": job.status}, status_code=202)
    answer = await backend.add(arguments)
    house.metrics.add(answer)
    return Json(answer)


@router.post("/memories/batch", response_model=BatchResult)
async def add_many(body: BatchBody, backend: Writer, house: AnyHouse) -> Json:
    """Remember many, in order; the answers come in the same order."""
    answers = await backend.add_many([item.arguments() for item in body.items])
    for answer in answers:
        house.metrics.add(answer)
    return Json({"results": answers})


@router.get("/memories", response_model=MemoryPage)
async def get_all(query: Annotated[ListQuery, Query()], backend: Reader) -> Json:
    """Memories, newest first, a page at a time."""
    return Json(await backend.get_all(query.arguments()))


@router.delete("/memories", response_model=DeleteResult)
async def delete_all(query: Annotated[ScopeQuery, Query()], backend: Writer) -> Json:
    """Delete everything that the ids and filters cover; at least one is needed."""
    return Json(await backend.delete_all(query.arguments()))


@router.get("/memories/{memory_id}", response_model=MemoryView)
async def get(memory_id: MemoryId, backend: Reader) -> Json:
    """One memory, superseded and expired ones included."""
    return Json(await backend.get(memory_id))


@router.put("/memories/{memory_id}", response_model=MemoryView, name="replace")
@router.patch("/memories/{memory_id}", response_model=MemoryView)
async def update(memory_id: MemoryId, body: UpdateBody, backend: Writer) -> Json:
    """Change a memory under the same id; what is left out stays."""
    return Json(await backend.update(memory_id, body.arguments()))


@router.delete("/memories/{memory_id}", response_model=DeleteResult)
async def delete(memory_id: MemoryId, backend: Writer) -> Json:
    """Delete a memory, and all that only it stated."""
    return Json(await backend.delete(memory_id))


@router.get("/memories/{memory_id}/history", response_model=list[HistoryEntry])
async def history(memory_id: MemoryId, backend: Reader) -> Json:
    """All revisions of a memory and of what it superseded, oldest first."""
    return Json(await backend.history(memory_id))
