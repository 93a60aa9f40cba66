"""Counts."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter

from ..wire import Json
from .given import Call

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/v1/stats")
async def stats(call: Call) -> Json:
    """How much the project holds, and of how many."""
    backend = call.backend("reader")
    held = await backend.stats()
    kinds = Counter(each["type"] for each in await backend.scopes())
    return Json(
        {
            "total_memories": held["memories"],
            "total_entities": held["entities"],
            "total_relations": held["relations"],
            **{f"total_{kind}s": kinds[kind] for kind in ("user", "agent", "app", "run")},
        }
    )
