"""Webhooks: addresses that are told what became of memories."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from graphmem.client.local import LocalBackend
from graphmem.engine.keys import ANY
from graphmem.engine.webhooks import Webhook
from graphmem.errors import NotFound

from ..wire import Json
from .given import Call, Given, memory_id
from .shapes import Shape

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_GIVEN = ("name", "url", "event_types", "is_active", "secret")


@router.get("/api/v1/webhooks/projects/{project:path}")
async def listed(project: str, call: Call) -> Json:
    """The project's webhooks, as a bare list, without their secrets."""
    backend = call.backend("owner", project)
    return Json([_shape(each, backend.project) for each in await backend.engine.webhooks.listed(backend.project)])


@router.post("/api/v1/webhooks/projects/{project:path}")
async def create(project: str, call: Call) -> Json:
    """Subscribe an address. The `secret` that signs what it is sent is shown this once."""
    backend = call.backend("owner", project)
    made = await backend.engine.webhooks.create(backend.project, **{"url": "", **_changes(call)})
    return Json(_shape(made, backend.project) | {"secret": made.secret})


@router.put("/api/v1/webhooks/{text}")
async def update(text: str, call: Call) -> Json:
    """Change a webhook; what is left out stays."""
    backend, webhook = await _found(call, text)
    changed = await backend.engine.webhooks.update(backend.project, webhook.id, **_changes(call))
    return Json({"message": "Webhook updated successfully", **_shape(changed, backend.project)})


@router.delete("/api/v1/webhooks/{text}")
async def delete(text: str, call: Call) -> Json:
    """Remove a webhook."""
    backend, webhook = await _found(call, text)
    await backend.engine.webhooks.delete(backend.project, webhook.id)
    return Json({"message": "Webhook deleted successfully"})


def _changes(call: Given) -> dict[str, Any]:
    # Early TypeScript clients of version 2 write it their own way, and nothing else.
    said = {"event_types": call.body.get("eventTypes"), **call.body}
    return {name: said[name] for name in _GIVEN if said.get(name) is not None}


async def _found(call: Given, text: str) -> tuple[LocalBackend, Webhook]:
    """The webhook, and the memory of its project: calls for one webhook do not name it. Raises `NotFound`."""
    id_ = memory_id(text, "webhook_id")
    chosen = call.backend("reader")
    for project in await _projects(call, chosen):
        if call.caller.role_in(project) is None:
            continue
        try:
            webhook = await chosen.engine.webhooks.get(project, id_)
        except NotFound:
            continue
        return call.backend("owner", project), webhook
    raise NotFound(f"There is no webhook {id_!r}.", kind="webhook", id=id_)


async def _projects(call: Given, chosen: LocalBackend) -> dict[str, None]:
    """Where to look: in the project that is meant, then in the others that the caller opens."""
    caller = call.caller
    every = [each.id for each in await chosen.engine.projects.listed()] if ANY in caller.projects else []
    return dict.fromkeys((chosen.project, *caller.projects, *caller.grants, *every))


def _shape(webhook: Webhook, project: str) -> Shape:
    return {
        "webhook_id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "event_types": list(webhook.event_types),
        "owner": project,
        "is_active": webhook.is_active,
        "project": project,
        "created_at": webhook.created_at.isoformat(),
        "updated_at": webhook.updated_at.isoformat(),
    }
