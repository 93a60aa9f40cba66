"""Exports shaped by a JSON Schema, and summaries.

An export is kept as what was asked for, and filled when it is fetched: it says what is known then, and what was deleted
since is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.records import EXPORT
from graphmem.engine.requests import read_instructions, read_view
from graphmem.errors import InvalidInput, NotFound, NotSupported
from graphmem.exporting import read_schema
from graphmem.filters import parse_filter, unparse_filter
from graphmem.ids import new_id, utc_now

from ..wire import Json
from .given import Call, Given, memory_id

__all__ = ["read_form", "read_words", "router"]

router = APIRouter(include_in_schema=False)

KEPT = 1_000
"""Exports kept a project; the oldest go."""


@router.post("/v1/exports")
async def create(call: Call) -> Json:
    """Ask for an export of what the filters cover."""
    backend = call.backend("reader")
    schema = read_form(call.body.get("schema"), "schema")
    asked = {
        "schema": schema,
        "filters": _filters(call, backend),
        "instructions": read_words(backend, call.get("export_instructions"), "export_instructions"),
        "created_at": utc_now().isoformat(),
    }
    id_ = new_id()
    store = backend.engine.parts.store
    await store.put_setting(backend.project, EXPORT + id_, asked)
    for name, _ in (await _kept(backend))[KEPT:]:
        await store.put_setting(backend.project, name, None)
    message = "Memory export request received. The export will be ready in a few seconds."
    return Json({"message": message, "id": id_}, status_code=201)


@router.post("/v1/exports/get")
async def fetch(call: Call) -> Json:
    """An export, filled now: by its id, or the last one that was asked for with these filters."""
    backend = call.backend("reader")
    asked = await _asked(call, backend)
    view = read_view(backend.project, {}, parse_filter(asked["filters"]))
    filled = await backend.engine.exports.fill(view, asked["schema"], instructions=asked["instructions"])
    return Json(filled.document)


@router.post("/v1/summary")
async def summary(call: Call) -> Json:
    """What is known of whom the filters cover, in a few sentences."""
    backend = call.backend("reader")
    return Json({"summary": (await backend.engine.exports.summary(call.view(backend.project))).text})


def read_form(value: Any, field: str) -> Mapping[str, Any]:
    """A JSON Schema, as an object or as text. Raises `InvalidInput` for one that cannot be used."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping) or not value:
        raise InvalidInput(f"{field!r} is a JSON Schema, as an object.", field=field)
    read_schema(value)
    return value


def read_words(backend: LocalBackend, value: Any, field: str) -> str | None:
    """Instructions for what is told. Raises `NotSupported` where no model is there to follow them."""
    words = read_instructions(value, field)
    if words is not None and backend.engine.parts.chat is None:
        raise NotSupported(
            f"{field!r} is for a model, and none is configured here.",
            hint="Leave it out, or set GRAPHMEM_LLM.",
            field=field,
        )
    return words


def _filters(call: Given, backend: LocalBackend) -> Any:
    """The conditions in their JSON form. Raises `InvalidInput` where nobody's memory is named."""
    view = call.view(backend.project)
    document = unparse_filter(view.where)
    parse_filter(document)  # what is kept has to be readable again, bounds included
    return document


async def _kept(backend: LocalBackend) -> list[tuple[str, Any]]:
    """The project's exports, newest first."""
    found = await backend.engine.parts.store.settings(backend.project, EXPORT)
    return sorted(((name, value) for _, name, value in found), key=lambda each: each[1]["created_at"], reverse=True)


async def _asked(call: Given, backend: LocalBackend) -> Any:
    wanted = call.get("memory_export_id")
    if wanted is not None:
        id_ = memory_id(wanted, "memory_export_id")
        asked = await backend.engine.parts.store.setting(backend.project, EXPORT + id_)
    else:
        filters = _filters(call, backend)
        asked = next((each for _, each in await _kept(backend) if each["filters"] == filters), None)
    if asked is None:
        raise NotFound("No memory export request found", kind="export")
    return asked
