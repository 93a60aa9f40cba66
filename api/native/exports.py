"""Documents filled by the caller's schema, profiles and summaries."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from graphmem.views import FillResult, ProfileView, SummaryView

from ..deps import AnyHouse, Reader
from ..wire import Json
from .schemas import EntityQuery, FillBody, SummaryQuery

__all__ = ["router"]

router = APIRouter(tags=["exports"])


@router.post("/exports", response_model=FillResult)
async def fill(body: FillBody, backend: Reader, house: AnyHouse) -> Json:
    """A document that satisfies the schema, filled with what is known of whoever the ids name."""
    answer = await backend.fill(body.arguments())
    house.metrics.cost(answer["usage"])
    return Json(answer)


@router.get("/profile", response_model=ProfileView)
async def profile(query: Annotated[EntityQuery, Query()], backend: Reader) -> Json:
    """Who that is: name, facts by relation, categories, and how much is remembered."""
    return Json(await backend.profile(query.arguments()))


@router.get("/summary", response_model=SummaryView)
async def summary(query: Annotated[SummaryQuery, Query()], backend: Reader, house: AnyHouse) -> Json:
    """What is known of whoever the ids name, in a few sentences."""
    answer = await backend.summary(query.arguments())
    house.metrics.cost(answer["usage"])
    return Json(answer)
