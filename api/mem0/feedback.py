"""What users think of memories: it moves them up or down in every search from then on."""

from __future__ import annotations

from fastapi import APIRouter

from graphmem.errors import InvalidInput

from ..wire import Json
from .given import Call, memory_id

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.post("/v1/feedback")
async def feedback(call: Call) -> Json:
    """Note what is thought of a memory; null takes it back. The reason is given back, not kept."""
    backend = call.backend("writer")
    try:
        id_ = memory_id(call.get("memory_id"))
    except InvalidInput:
        raise InvalidInput("Invalid memory_id", field="memory_id") from None
    wanted = call.get("feedback")
    wanted = wanted.upper() if isinstance(wanted, str) else wanted
    view = await backend.update(id_, {"feedback": wanted})
    return Json({"id": id_, "feedback": view["feedback"], "feedback_reason": call.get("feedback_reason")})
