"""Questions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..wire import Json
from . import shapes
from .given import Call, Given

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

THRESHOLD = 0.1
"""The least score of a hit in version 3, where the call says nothing: mem0's default. 0 lets everything pass."""

FILTERED = 0.3
"""The least score of a hit with `filter_memories`: what earlier versions called related."""

TOP_K = 10


@router.post("/v1/memories/search")
@router.post("/v2/memories/search", name="search_v2")
async def search_old(call: Call) -> Json:
    """Memories that answer the question: a bare list, or an object where more is asked for."""
    answer = await _search(call, None)
    return Json(answer if call.wrapped() else answer["results"])


@router.post("/v3/memories/search")
async def search(call: Call) -> Json:
    """Memories and relations that answer the question."""
    return Json(await _search(call, THRESHOLD))


async def _search(call: Given, threshold: float | None) -> dict[str, Any]:
    """The answer.

    Words always count beside meaning, so `keyword_search` changes nothing. `rerank` is refused where no reranker is
    configured. `filter_memories` raises the least score.
    """
    backend = call.backend("reader")
    least = call.get("threshold", threshold)
    if call.flag("filter_memories", False) and (least is None or isinstance(least, float | int)):
        least = max(least or 0.0, FILTERED)
    related = await call.with_relations(backend)
    given: dict[str, Any] = {
        **call.sight(),
        "query": call.get("query"),
        "top_k": call.most(TOP_K),
        "threshold": least,
        "rerank": call.flag("rerank", False),
        "graph": related,
        "explain": True,  # the times of its stages are counted
        "reference_date": call.moment("reference_date"),
    }
    answer = await backend.search({name: value for name, value in given.items() if value is not None})
    call.house.metrics.search(answer)
    told: dict[str, Any] = {"results": call.partial([shapes.found(hit, backend.project) for hit in answer["results"]])}
    if related:
        told["relations"] = [shapes.relation(each) for each in answer["relations"]]
    if "degraded" in answer:
        told["degraded"] = answer["degraded"]
    return told
