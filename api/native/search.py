"""Questions."""

from __future__ import annotations

from fastapi import APIRouter

from graphmem.views import SearchResult

from ..deps import AnyHouse, Reader
from ..wire import Json
from .schemas import SearchBody

__all__ = ["router"]

router = APIRouter(tags=["search"])


@router.post("/search", response_model=SearchResult)
async def search(body: SearchBody, backend: Reader, house: AnyHouse) -> Json:
    """Memories and relations that answer the question, best first, with the path that led to each."""
    answer = await backend.search({**body.arguments(), "explain": True})
    house.metrics.search(answer)
    if not body.explain:
        answer.pop("explain", None)
    return Json(answer)
