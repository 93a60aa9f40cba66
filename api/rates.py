"""How often a key may call: so many requests a minute, held to by a bucket of tokens that fills evenly.

A key that was quiet may use a minute's requests at once; then as many come back as its rate says. Each process counts
for itself: behind n replicas a key has up to n times its rate.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .auth import Caller
from .errors import Refused, respond

__all__ = ["Rates"]

MINUTE = 60.0
"""Seconds."""


@dataclass(slots=True)
class _Bucket:
    """`tokens` requests were left at the moment `at`."""

    tokens: float
    at: float


class Rates:
    """Refuses what a key asks beyond its rate, with 429, and tells it with every answer how much is left.

    `X-RateLimit-Limit` is the rate, `-Remaining` how many requests may follow at once, `-Reset` when (in seconds since
    1970) all of them may again. Who has no key, or one without a rate, is not held to any. `clock` and `calendar` count
    seconds, the one evenly, the other since 1970.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Callable[[], float] = time.monotonic,
        calendar: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._clock = clock
        self._calendar = calendar
        self._buckets: dict[str, _Bucket] = {}  # one for each key that has a rate: as many as the house made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        caller: Caller | None = scope.get("state", {}).get("caller") if scope["type"] == "http" else None
        if caller is None or caller.name is None or caller.rate is None:
            await self._app(scope, receive, send)
            return
        left = self._take(caller.name, caller.rate)
        headers = self._headers(max(0.0, left), caller.rate)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if left >= 0:
            await self._app(scope, receive, told)
            return
        wait = max(1, math.ceil(-left * MINUTE / caller.rate))
        error = Refused(
            429,
            "rate_limited",
            f"The key {caller.name!r} may make {caller.rate} requests a minute, and has made them.",
            hint=f"Try again in {wait} seconds.",
            headers={"Retry-After": str(wait)},
            limit=caller.rate,
            retry_after=wait,
        )
        await respond(scope, error)(scope, receive, told)

    def _take(self, name: str, rate: int) -> float:
        """Take a token: how many are left then. Below zero none was there, by so much, and none was taken."""
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(float(rate), now))
        bucket.tokens = min(float(rate), bucket.tokens + (now - bucket.at) * rate / MINUTE)
        bucket.at = now
        if bucket.tokens < 1.0:
            return bucket.tokens - 1.0
        bucket.tokens -= 1.0
        return bucket.tokens

    def _headers(self, left: float, rate: int) -> dict[str, str]:
        full = self._calendar() + (rate - left) * MINUTE / rate
        return {
            "X-RateLimit-Limit": str(rate),
            "X-RateLimit-Remaining": str(int(left)),
            "X-RateLimit-Reset": str(math.ceil(full)),
        }
