"""The first call of every client: whether the key opens anything, and what."""

from __future__ import annotations

from fastapi import APIRouter

from ..wire import Json
from .given import Call
from .shapes import ORGANIZATION

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/v1/ping")
async def ping(call: Call) -> Json:
    """The organization and the project that calls lead to.

    `user_email` stays empty: what stands there the clients send on with their telemetry.
    """
    backend = call.backend("reader")
    return Json({"status": "ok", "org_id": ORGANIZATION, "project_id": backend.project, "user_email": None})
