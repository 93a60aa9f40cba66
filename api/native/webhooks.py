"""Webhooks: addresses that are told what became of memories."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from graphmem.client.later import (
    DeliveryView,
    NewWebhookView,
    WebhookView,
    delivery_view,
    new_webhook_view,
    webhook_view,
)
from graphmem.ids import check_id

from ..deps import Owner
from ..wire import Json
from .schemas import WebhookBody, WebhookChange

__all__ = ["router"]

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


@router.get("", response_model=list[WebhookView], name="webhooks")
async def listed(backend: Owner) -> Json:
    """The project's webhooks, without their secrets."""
    found = await backend.engine.webhooks.listed(backend.project)
    return Json([webhook_view(webhook) for webhook in found])


@router.post("", response_model=NewWebhookView, name="create_webhook")
async def create(body: WebhookBody, backend: Owner) -> Json:
    """Subscribe an address. The `secret` that signs what it is sent is shown this once."""
    return Json(new_webhook_view(await backend.engine.webhooks.create(backend.project, **body.arguments())))


@router.put("/{webhook_id}", response_model=WebhookView, name="update_webhook")
async def update(webhook_id: WebhookId, body: WebhookChange, backend: Owner) -> Json:
    """Change a webhook; what is left out stays."""
    changes = {name: value for name, value in body.arguments().items() if value is not None}
    changed = await backend.engine.webhooks.update(backend.project, _checked(webhook_id), **changes)
    return Json(webhook_view(changed))


@router.delete("/{webhook_id}", response_model=WebhookView, name="delete_webhook")
async def delete(webhook_id: WebhookId, backend: Owner) -> Json:
    """Remove a webhook with its log. What waits to be delivered to it is not."""
    return Json(webhook_view(await backend.engine.webhooks.delete(backend.project, _checked(webhook_id))))


@router.post("/{webhook_id}/test", response_model=DeliveryView, name="test_webhook")
async def test(webhook_id: WebhookId, backend: Owner) -> Json:
    """Send one signed delivery now; how it went."""
    return Json(delivery_view(await backend.engine.webhooks.test(backend.project, _checked(webhook_id))))


@router.get("/{webhook_id}/deliveries", response_model=list[DeliveryView], name="deliveries")
async def deliveries(webhook_id: WebhookId, backend: Owner) -> Json:
    """The last hundred attempts to deliver to it, newest first."""
    found = await backend.engine.webhooks.deliveries(backend.project, _checked(webhook_id))
    return Json([delivery_view(each) for each in found])


def _checked(webhook_id: str) -> str:
    return check_id(webhook_id, field="webhook_id")
