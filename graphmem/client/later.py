"""What happens later as plain, JSON-ready dicts: jobs (events, to callers), webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from graphmem.engine.queue import Job
from graphmem.engine.webhooks import Delivery, Webhook

__all__ = [
    "DeliveryView",
    "EventResult",
    "EventView",
    "NewWebhookView",
    "WebhookView",
    "delivery_view",
    "event_view",
    "new_webhook_view",
    "webhook_view",
]


class EventResult(TypedDict):
    """A memory that an event wrote, with its present text: null if it was deleted since."""

    id: str
    event: str
    memory: str | None


class EventView(TypedDict):
    """Something accepted to be done later. `status` is PENDING, RUNNING, SUCCEEDED or FAILED; `error` says why."""

    id: str
    kind: str
    status: str
    results: list[EventResult]
    error: str | None
    attempts: int
    created_at: str
    started_at: str | None
    updated_at: str
    completed_at: str | None


class WebhookView(TypedDict):
    """A webhook without its secret."""

    id: str
    name: str
    url: str
    event_types: list[str]
    is_active: bool
    created_at: str
    updated_at: str


class NewWebhookView(WebhookView):
    """A webhook just made. `secret` signs what it is sent, and is shown this once."""

    secret: str


class DeliveryView(TypedDict):
    """One attempt to deliver: `status` is what the other side answered, `reason` why there was no answer."""

    at: str
    event_id: str
    event_type: str
    delivered: bool
    status: int | None
    reason: str | None
    attempt: int
    milliseconds: float


def event_view(job: Job) -> EventView:
    """A job as callers see it, without its payload."""
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "results": [_result(each) for each in job.results],
        "error": job.error,
        "attempts": job.attempts,
        "created_at": job.created_at.isoformat(),
        "started_at": _iso(job.started_at),
        "updated_at": job.updated_at.isoformat(),
        "completed_at": _iso(job.completed_at),
    }


def _result(result: Mapping[str, Any]) -> EventResult:
    return {"id": str(result["id"]), "event": str(result["event"]), "memory": result.get("memory")}


def webhook_view(webhook: Webhook) -> WebhookView:
    """A webhook without its secret."""
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "event_types": list(webhook.event_types),
        "is_active": webhook.is_active,
        "created_at": webhook.created_at.isoformat(),
        "updated_at": webhook.updated_at.isoformat(),
    }


def new_webhook_view(webhook: Webhook) -> NewWebhookView:
    """A webhook with its secret."""
    return {**webhook_view(webhook), "secret": webhook.secret}


def delivery_view(delivery: Delivery) -> DeliveryView:
    """One attempt to deliver."""
    return {
        "at": delivery.at.isoformat(),
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "delivered": delivery.delivered,
        "status": delivery.status,
        "reason": delivery.reason,
        "attempt": delivery.attempt,
        "milliseconds": delivery.milliseconds,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
