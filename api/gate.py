"""What every request passes before anything reads it: its path made plain, its body bounded and JSON."""

from __future__ import annotations

import re
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import Refused, respond

__all__ = ["Bodies", "PlainPaths"]

_SLASHES = re.compile(rb"/{2,}")


class PlainPaths:
    """Duplicate slashes count as one, and one at the end as none: clients differ in that, and do not follow redirects.

    Only slashes as they were sent: one inside an id comes encoded, and stays.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            raw: bytes = scope.get("raw_path") or scope["path"].encode()
            plain = _SLASHES.sub(b"/", raw.partition(b"?")[0]).rstrip(b"/") or b"/"
            if plain != raw:
                scope["raw_path"] = plain
                scope["path"] = unquote(plain.decode("latin-1"))
        await self._app(scope, receive, send)


class Bodies:
    """Refuses bodies that are too large, however they are sent, and those that do not say they are JSON.

    `streamed` paths take bodies of any length and kind: they read them a piece at a time.
    """

    def __init__(self, app: ASGIApp, *, limit: int, streamed: frozenset[str]) -> None:
        self._app = app
        self._limit = limit
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise self._too_large(None)
            return message

        try:
            self._check(Headers(scope=scope))
        except Refused as error:
            await respond(scope, error)(scope, receive, send)
            return
        await self._app(scope, counted, send)

    def _check(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Refused(400, "malformed_request", "Content-Length is not a number.")
        if len(length) > 18 or int(length) > self._limit:
            raise self._too_large(int(length[:18]))
        if int(length) == 0 and "transfer-encoding" not in headers:
            return
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise Refused(
                415,
                "unsupported_media_type",
                f"The body is said to be {kind[:80]!r}; JSON is what is read here.",
                hint="Send 'Content-Type: application/json'.",
            )

    def _too_large(self, actual: int | None) -> Refused:
        return Refused(
            413,
            "too_large",
            f"The body is over the bound of {self._limit} bytes.",
            hint="Send it in parts; POST /import takes any length.",
            limit=self._limit,
            actual=actual,
        )
