"""Webhooks: addresses that are told, signed, what became of memories.

A subscription is a setting of its project, `webhook:{id}`; its last deliveries are another, `deliveries:{id}`. A
delivery is a job, so it survives this process and is tried again; it keeps ids, and looks the words up when it is sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args

from graphmem.engine.jobs import CANCELLED, Job, Jobs, Run
from graphmem.engine.parts import Parts
from graphmem.errors import Conflict, GraphmemError, InvalidInput, NotFound, Unavailable
from graphmem.extraction.plan import Outcome
from graphmem.ids import new_id
from graphmem.models import Memory
from graphmem.queries import View
from graphmem.text import clean

__all__ = ["EVENT_TYPES", "MAX_WEBHOOKS", "Delivery", "EventType", "Webhook", "Webhooks", "signature"]

EventType = Literal[
    "memory_add",
    "memory_update",
    "memory_delete",
    "memory_categorize",
    "ingest_job_completed",
    "ingest_job_partially_completed",
    "ingest_job_failed",
    "ingest_job_cancelled",
]
"""What one can be told. (A job is done whole or not at all here: none is ever partially completed.)"""

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
"""The same, to go through."""

USUAL = EVENT_TYPES[:3]
"""What one is told who does not choose."""

KIND = "webhook"
"""The kind of job that a delivery is."""

REFRESH = 2.0
"""Seconds after which subscriptions are read again: so long may one that another process changed go on as it was."""

TIMEOUT = 10.0
"""Seconds that the other side has to answer."""

LOGGED = 100
"""Deliveries remembered of each webhook."""

MAX_WEBHOOKS = 50
"""Webhooks of a project."""

MAX_WAITING = 1_000
"""Deliveries that may wait for one webhook: if nobody answers there, what comes then is only logged."""

MAX_NAME = 128
"""Characters in a webhook's name."""

SECRET_LENGTH = (16, 256)
"""Characters that a secret may have."""

PREFIX = "gmw_"
"""How a secret made here begins."""

TRIES = 20
"""How often a change of what several write is tried anew."""

_TYPES = {
    "ADD": "memory_add",
    "UPDATE": "memory_update",
    "SUPERSEDE": "memory_update",
    "RESTORE": "memory_update",
    "DELETE": "memory_delete",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A subscription. `secret` signs what it is sent; it is stored, because signing needs it, and shown once."""

    id: str
    name: str
    url: str = field(repr=False)  # which may hold a secret, too
    event_types: tuple[str, ...]
    is_active: bool = True
    secret: str = field(repr=False)
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver: the status that the other side answered, or why there was none."""

    at: datetime
    event_id: str
    event_type: str
    status: int | None = None
    reason: str | None = None
    attempt: int = 1
    milliseconds: float = 0.0

    @property
    def delivered(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class _News:
    """Something to tell: the type, what the body calls it, and of which memory (or job)."""

    type: str
    event: str
    about: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `X-Graphmem-Signature` says: the version, and HMAC-SHA256 over `timestamp.body` in hexadecimal."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"v1={digest}"


class Webhooks:
    """The webhooks of an engine. `clock` counts seconds, for how long subscriptions are remembered."""

    def __init__(self, parts: Parts, jobs: Jobs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._store = parts.store
        self._jobs = jobs
        self._clock = clock
        self._known: dict[str, tuple[float, tuple[Webhook, ...]]] = {}
        jobs.register(KIND, self._deliver, listed=False)
        jobs.worker.on_end.append(self.ended)

    # -- subscriptions

    async def create(
        self,
        project: str,
        *,
        url: str,
        name: str = "webhook",
        event_types: Sequence[str] | None = None,
        secret: str | None = None,
        is_active: bool = True,
    ) -> Webhook:
        """Subscribe `url`. Without a `secret` one is made. Raises `InvalidInput` for what cannot be used, the address
        of a private network for one, and for more than `MAX_WEBHOOKS`.
        """
        at = self._parts.clock()
        webhook = Webhook(
            id=new_id(),
            name=clean(name, field="name", max_length=MAX_NAME),
            url=await self._url(url),
            event_types=_types(USUAL if event_types is None else event_types),
            is_active=is_active,
            secret=PREFIX + secrets.token_urlsafe(32) if secret is None else _secret(secret),
            created_at=at,
            updated_at=at,
        )
        if len(await self.listed(project)) >= MAX_WEBHOOKS:
            raise InvalidInput(
                f"The project has {MAX_WEBHOOKS} webhooks, which is the most.", hint="Delete one that is not needed."
            )
        await self._store.put_setting(project, _setting(webhook.id), _stored(webhook))
        self.forget(project)
        return webhook

    async def listed(self, project: str) -> list[Webhook]:
        """The webhooks of a project, in the order in which they were made."""
        found = [_read(value) for _, _, value in await self._store.settings(project, "webhook:")]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def get(self, project: str, webhook_id: str) -> Webhook:
        """One webhook. Raises `NotFound`."""
        stored = await self._store.setting(project, _setting(webhook_id))
        if stored is None:
            raise NotFound(f"There is no webhook {webhook_id!r}.", kind="webhook", id=webhook_id)
        return _read(stored)

    async def update(self, project: str, webhook_id: str, **changes: Any) -> Webhook:
        """Change `name`, `url`, `event_types`, `is_active` or `secret`; what is not given stays. Raises `NotFound`."""
        checked: dict[str, Any] = {}
        for name, value in changes.items():
            match name:
                case "name":
                    checked[name] = clean(value, field=name, max_length=MAX_NAME)
                case "url":
                    checked[name] = await self._url(value)
                case "event_types":
                    checked[name] = _types(value)
                case "is_active":
                    checked[name] = bool(value)
                case "secret":
                    checked[name] = _secret(value)
                case _:
                    raise InvalidInput(f"A webhook has no {name!r}.", field=name)
        for _ in range(TRIES):
            webhook = await self.get(project, webhook_id)
            changed = replace(webhook, **checked, updated_at=self._parts.clock())
            if await self._store.swap_setting(project, _setting(webhook_id), _stored(webhook), _stored(changed)):
                self.forget(project)
                return changed
        raise Conflict("The webhook is being changed by others.", hint="Try again.")

    async def delete(self, project: str, webhook_id: str) -> Webhook:
        """Remove a webhook with its log; what waits to be delivered to it is not. Raises `NotFound`."""
        webhook = await self.get(project, webhook_id)
        await self._store.put_setting(project, _setting(webhook_id), None)
        await self._store.put_setting(project, _log_setting(webhook_id), None)
        self.forget(project)
        return webhook

    async def deliveries(self, project: str, webhook_id: str) -> list[Delivery]:
        """The last attempts to deliver to a webhook, newest first. Raises `NotFound`."""
        await self.get(project, webhook_id)
        stored = await self._store.setting(project, _log_setting(webhook_id)) or ()
        return [Delivery(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in reversed(stored)]

    async def test(self, project: str, webhook_id: str) -> Delivery:
        """Send one signed delivery of the type `test` now, and tell how it went. Raises `NotFound`."""
        webhook = await self.get(project, webhook_id)
        delivery, _ = await self._send(project, webhook, new_id(), "test", {"event": "TEST"}, attempt=1)
        return delivery

    def forget(self, project: str) -> None:
        """Read the project's subscriptions again before the next use."""
        self._known.pop(project, None)

    async def _url(self, url: str) -> str:
        # Loaded when it is used: so is httpx, which it brings along.
        from graphmem.outbound import check_url

        await check_url(url, allow_private=self._parts.allow_private_urls)
        return url.strip()

    # -- what happened

    async def added(self, project: str, outcomes: Iterable[Outcome]) -> None:
        """Tell what became of what was said."""
        outcomes = list(outcomes)
        news = [
            _News(_TYPES[each.event], _told(each.event), each.memory.id) for each in outcomes if each.event in _TYPES
        ]
        grown = [each.memory for each in outcomes if each.event in ("ADD", "UPDATE")]
        await self._tell(project, [*news, *_categorized(grown)])

    async def updated(self, project: str, memory: Memory, changes: Collection[str]) -> None:
        """Tell that a memory was changed; `changes` are the names of what was."""
        news = [_News("memory_update", "UPDATE", memory.id)]
        await self._tell(project, [*news, *(_categorized([memory]) if "categories" in changes else ())])

    async def deleted(self, project: str, memory_ids: Iterable[str]) -> None:
        """Tell that memories were deleted."""
        await self._tell(project, [_News("memory_delete", "DELETE", each) for each in memory_ids])

    async def wants(self, project: str, event_type: str) -> bool:
        """Whether anybody wants to be told this."""
        return any(event_type in webhook.event_types for webhook in await self._subscribed(project))

    async def ended(self, job: Job) -> None:
        """Tell what became of a queued add, and of the job itself."""
        if job.kind != "add":
            return
        try:
            await self._ended(job)
        except GraphmemError as error:
            _log.warning("A webhook is not told of a job: %s", error.message)

    async def _ended(self, job: Job) -> None:
        wanted = await self._subscribed(job.project)
        if not wanted:
            return
        results = [(each["event"], str(each["id"])) for each in job.results]
        news = [_News(_TYPES[event], _told(event), about) for event, about in results if event in _TYPES]
        grown = [about for event, about in results if event in ("ADD", "UPDATE")]
        news += _categorized((await self._memories(job.project, grown)).values())
        end = "completed" if job.status == "SUCCEEDED" else "cancelled" if job.error == CANCELLED else "failed"
        await self._tell(job.project, [*news, _News(f"ingest_job_{end}", f"INGEST_JOB_{end.upper()}", job.id)])

    async def _tell(self, project: str, news: Sequence[_News]) -> None:
        """Queue a delivery of each to everybody who wants it. The change is made: what fails here is logged."""
        try:
            for webhook in await self._subscribed(project) if news else ():
                chosen = [each for each in news if each.type in webhook.event_types]
                if chosen:
                    await self._queue(project, webhook, chosen)
        except GraphmemError as error:
            _log.warning("Webhooks are not told of a change: %s", error.message)

    async def _queue(self, project: str, webhook: Webhook, news: Sequence[_News]) -> None:
        lane = f"webhook:{webhook.id}"
        room = MAX_WAITING - await self._jobs.waiting(project, lane)
        for each in news[: max(room, 0)]:
            payload = {"webhook_id": webhook.id, "type": each.type, "event": each.event, "about": each.about}
            await self._jobs.submit(project, KIND, payload, lane=lane)
        if len(news) > room:
            reason = f"{len(news) - max(room, 0)} were dropped: {MAX_WAITING} wait to be delivered."
            at = self._parts.clock()
            dropped = Delivery(at=at, event_id=new_id(), event_type=news[-1].type, reason=reason, attempt=0)
            await self._note(project, webhook.id, dropped)

    async def _subscribed(self, project: str) -> tuple[Webhook, ...]:
        """The project's active webhooks, remembered for a moment: most projects have none, and pay nothing."""
        until, webhooks = self._known.get(project, (float("-inf"), ()))
        if self._clock() >= until:
            webhooks = tuple(each for each in await self.listed(project) if each.is_active)
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[project] = self._clock() + REFRESH, webhooks
        return webhooks

    # -- delivering

    async def _deliver(self, run: Run) -> list[Mapping[str, Any]]:
        """Deliver one thing. Raises `Unavailable` where it was not taken, so that it is tried again."""
        project, payload = run.job.project, run.job.payload
        try:
            webhook = await self.get(project, str(payload["webhook_id"]))
        except NotFound:
            return []
        if not webhook.is_active:
            return []
        details = await self._details(project, payload)
        delivery, error = await self._send(
            project, webhook, run.job.id, str(payload["type"]), details, attempt=run.job.attempts
        )
        if error is not None:
            raise error
        if not delivery.delivered:
            raise Unavailable(f"The webhook {webhook.name!r} answered {delivery.status}.", status=delivery.status)
        return []

    async def _details(self, project: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """`event_details` as mem0's webhooks have them, with the words that are there now; deleted ones are null."""
        kind, about, event = str(payload["type"]), str(payload["about"]), payload["event"]
        if kind.startswith("ingest_job"):
            return {"id": about, "event": event}
        memory = (await self._memories(project, [about])).get(about)
        if kind == "memory_categorize":
            return {"event": event, "memory_id": about, "categories": list(memory.categories) if memory else []}
        return {"id": about, "data": {"memory": memory.text if memory else None}, "event": event}

    async def _memories(self, project: str, ids: Collection[str]) -> dict[str, Memory]:
        view = View(project=project, today=self._parts.clock().date(), include_superseded=True, include_expired=True)
        return await self._store.memories(view, ids) if ids else {}

    async def _send(
        self, project: str, webhook: Webhook, event_id: str, kind: str, details: Mapping[str, Any], *, attempt: int
    ) -> tuple[Delivery, GraphmemError | None]:
        """Send one thing and log how it went; the error, if there was no answer."""
        from graphmem.outbound import post

        at = self._parts.clock()
        timestamp = str(int(at.timestamp()))
        body = json.dumps(
            {
                "event_id": event_id,
                "event_type": kind,
                "event_details": details,
                "webhook_id": webhook.id,
                "project_id": project,
                "delivered_at": at.isoformat(),
            }
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Graphmem-Event-Id": event_id,
            "X-Graphmem-Timestamp": timestamp,
            "X-Graphmem-Signature": signature(webhook.secret, timestamp, body),
        }
        status: int | None = None
        failed: GraphmemError | None = None
        began = time.perf_counter()
        try:
            status = await post(
                webhook.url, body, headers, timeout=TIMEOUT, allow_private=self._parts.allow_private_urls
            )
        except (InvalidInput, Unavailable) as error:
            failed = error
        delivery = Delivery(
            at=at,
            event_id=event_id,
            event_type=kind,
            status=status,
            reason=failed.message if failed else None,
            attempt=attempt,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        await self._note(project, webhook.id, delivery)
        return delivery, failed

    async def _note(self, project: str, webhook_id: str, delivery: Delivery) -> None:
        """Add to the log, which is no reason to fail."""
        entry = {**asdict(delivery), "at": delivery.at.isoformat()}
        for _ in range(TRIES):
            old = await self._store.setting(project, _log_setting(webhook_id))
            if await self._store.swap_setting(project, _log_setting(webhook_id), old, [*(old or ()), entry][-LOGGED:]):
                return


def _told(event: str) -> str:
    """What a body calls an outcome: that one memory replaced another is an update of that one."""
    return event if event in ("ADD", "DELETE") else "UPDATE"


def _categorized(memories: Iterable[Memory]) -> list[_News]:
    return [_News("memory_categorize", "CATEGORIZE", each.id) for each in memories if each.categories]


def _types(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InvalidInput("'event_types' must be a list of at least one.", field="event_types")
    unknown = [each for each in value if each not in EVENT_TYPES]
    if unknown:
        raise InvalidInput(
            f"The event type {str(unknown[0])[:100]!r} is not known.",
            hint=f"Known are {', '.join(EVENT_TYPES)}.",
            field="event_types",
        )
    return tuple(dict.fromkeys(value))


def _secret(value: Any) -> str:
    least, most = SECRET_LENGTH
    secret = clean(value, field="secret", max_length=most)
    if len(secret) < least:
        raise InvalidInput(
            f"'secret' has {len(secret)} characters; it needs at least {least}.",
            hint="Leave it out to have one made.",
            field="secret",
        )
    return secret


def _setting(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"


def _log_setting(webhook_id: str) -> str:
    return f"deliveries:{webhook_id}"


def _stored(webhook: Webhook) -> dict[str, Any]:
    return {
        **asdict(webhook),
        "event_types": list(webhook.event_types),
        "created_at": webhook.created_at.isoformat(),
        "updated_at": webhook.updated_at.isoformat(),
    }


def _read(stored: Mapping[str, Any]) -> Webhook:
    return Webhook(
        id=stored["id"],
        name=stored["name"],
        url=stored["url"],
        event_types=tuple(stored["event_types"]),
        is_active=stored["is_active"],
        secret=stored["secret"],
        created_at=datetime.fromisoformat(stored["created_at"]),
        updated_at=datetime.fromisoformat(stored["updated_at"]),
    )
