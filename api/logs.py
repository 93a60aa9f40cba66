"""One line of JSON a request, without anything that anybody wrote; and the net under unforeseen errors."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import respond
from .metrics import Metrics

__all__ = ["Aborted", "JsonLines", "Observe", "configure"]

logger = logging.getLogger("graphmem.api")

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Aborted(Exception):
    """An answer that had begun cannot be finished: the connection has to break, so that nobody takes it for whole."""


class Observe:
    """Names, times, counts and logs each request, and answers for what nobody foresaw. The outermost layer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            try:
                await self._app(scope, receive, watched)
            except Exception as error:
                place = _where(error)
                fields = {"request_id": request_id, **place}
                logger.error("unforeseen %s at %s", place["error"], place["at"][-1], extra={"fields": fields})
                if status:
                    raise Aborted(f"The answer to request {request_id} broke off.") from None
                await respond(scope, error)(scope, receive, watched)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.request(scope["method"], route, status, seconds)
        caller = scope["state"].get("caller")
        fields = {
            "request_id": scope["state"]["request_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "key": caller.name if caller else None,
        }
        logger.info("request", extra={"fields": fields})


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE.fullmatch(given) else uuid4().hex


def _where(error: BaseException) -> dict[str, Any]:
    """What kind of error, and where in the code. Not its words: they may quote what a user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line |= _where(record.exc_info[1])
        return json.dumps(line, default=str)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Write what graphmem and uvicorn log to `stream` (standard error) as JSON lines; again: instead of before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("graphmem", "uvicorn"):
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.setLevel(level.upper())
        log.propagate = False
