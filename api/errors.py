"""Every failure as a problem document (RFC 9457): one table, one shape, never HTML, never a stack trace.

`detail` says what happened, `hint` what to do next, `code` is for programs; what an error knows beside that
(`field`, `path`, `limit`, `retry_after` ...) stands beside them under its own name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from graphmem import errors

from .mem0 import problems
from .wire import Json

__all__ = ["PROBLEM", "STATUS", "ProblemJson", "Refused", "install", "problem_of", "respond"]

STATUS: dict[type[errors.GraphmemError], int] = {
    errors.GraphmemError: 500,
    errors.InvalidInput: 422,
    errors.InvalidFilter: 422,
    errors.TooLarge: 413,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    # Not 501: that would blame the server for what the request asks of parts it does not have, `rerank` for one.
    errors.NotSupported: 422,
    errors.ConfigurationError: 500,
    errors.MissingExtra: 501,
    errors.EmbedderChanged: 503,
    errors.Unavailable: 503,
    errors.StoreLocked: 503,
    errors.DiskFull: 507,
    errors.ModelError: 502,
    errors.ModelUnavailable: 503,
    errors.ModelRefused: 502,
    errors.ModelAnswerInvalid: 502,
    errors.CorruptStore: 500,
}
"""What HTTP calls each error of graphmem."""

RETRY_AFTER = 1
"""Seconds after which to try again, where the error does not know better."""

_OWN = ("type", "title", "status", "detail", "code", "hint", "request_id")

PROBLEM = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Errors add what they know: `field`, `path`, `limit` ...",
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "Names the kind of problem."},
        "title": {"type": "string", "description": "The HTTP status in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What happened, to what."},
        "hint": {"type": "string", "description": "What to do next."},
        "code": {"type": "string", "description": "The kind of problem, for programs; stable."},
        "request_id": {"type": "string", "description": "Names the request in the server's log."},
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "additionalProperties": True,
}
"""The shape of a problem document, for the OpenAPI description."""


class ProblemJson(Json):
    """A problem document."""

    media_type = "application/problem+json"


class Refused(HTTPException):
    """A request that the door itself refuses, before it is anything to the memory."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(status, detail, headers=headers)
        self.code = code
        self.hint = hint
        self.details = details


def respond(scope: Scope, error: Exception) -> Json:
    """The answer to a request that failed with `error`, in the shape of the surface that was called."""
    body, headers = problem_of(error)
    body["request_id"] = scope.get("state", {}).get("request_id", "")
    if problems.speaks_mem0(scope):
        return problems.answer(body, headers)
    return ProblemJson(body, status_code=body["status"], headers=headers)


def problem_of(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    """The problem document for an error, without its request id, and the headers that go with it."""
    match error:
        case errors.GraphmemError():
            return _of_graphmem(error)
        case RequestValidationError():
            return _of_validation(error.errors())
        case Refused():
            body = _problem(error.status_code, error.code, error.detail, error.hint, error.details)
            return body, dict(error.headers or {})
        case HTTPException():
            return _of_http(error)
    # Whatever an unforeseen error says may hold what users wrote: it is nobody's business out there.
    return _problem(
        500, "internal_error", "The server failed at this.", "The server's log tells more under the request id."
    ), {}


def _problem(
    status: int, code: str, detail: str, hint: str | None = None, details: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    body = {
        "type": f"urn:graphmem:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if hint:
        body["hint"] = hint
    return {**body, **{name: value for name, value in (details or {}).items() if name not in _OWN}}


def _of_graphmem(error: errors.GraphmemError) -> tuple[dict[str, Any], dict[str, str]]:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    details = {name: value for name, value in error.details.items() if _is_plain(value)}
    headers = {}
    if isinstance(error, errors.Unavailable | errors.ModelUnavailable):
        details["retry_after"] = after = math.ceil(details.get("retry_after") or RETRY_AFTER)
        headers["Retry-After"] = str(after)
    return _problem(status, error.code, error.message, error.hint, details), headers


def _is_plain(value: Any) -> bool:
    """Whether the value can stand in a document; an error's data is for people, not worth failing over."""
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list() | tuple():
            return all(_is_plain(each) for each in value)
        case dict():
            return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    return False


def _of_validation(found: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """What pydantic found, without the input it found it in."""
    first = found[0]
    if first["type"] == "json_invalid" and first["loc"][0] == "body":
        at = first["loc"][1] if len(first["loc"]) > 1 else 0
        return _problem(400, "malformed_json", f"The body is not JSON: {first['ctx']['error']} at character {at}."), {}
    faults = [{"field": _field(each["loc"]), "message": _message(each)} for each in found[:20]]
    hint = None if len(found) == 1 else f"{len(found)} things are wrong; `errors` lists them."
    detail = faults[0]["message"]
    return _problem(422, "invalid_input", detail, hint, {"field": faults[0]["field"], "errors": faults}), {}


def _field(place: Iterable[Any]) -> str:
    """`body.items.0.user_id` without where it stood; the kinds of a union are no names."""
    _, *names = place
    return ".".join(str(name) for name in names if not str(name).startswith(("function-", "constrained-")))[:200]


def _message(fault: Mapping[str, Any]) -> str:
    field = _field(fault["loc"]) or str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return f"{field!r} is not known here."
    if fault["type"] == "missing":
        return f"{field!r} is missing."
    message = str(fault["msg"])
    return f"{field!r} cannot be used: {message[:1].lower()}{message[1:]}."


def _of_http(error: HTTPException) -> tuple[dict[str, Any], dict[str, str]]:
    """What the framework itself refuses."""
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            return _problem(404, "no_such_route", "There is nothing at this address.", "/docs lists what is."), headers
        case 405:
            allowed = headers.get("Allow", "").replace(",", ", ")
            return _problem(405, "method_not_allowed", f"This address answers to {allowed} only."), headers
        case 400:
            # The framework met what it did not foresee in a body: JSON nested too deeply for the parser, bytes that are
            # not UTF-8, or a number too long to read.
            deep = isinstance(error.__cause__, RecursionError)
            detail = "The body is nested too deeply." if deep else "The body is not JSON that can be read."
            return _problem(400, "malformed_json", detail), headers
    return _problem(error.status_code, "http_error", HTTPStatus(error.status_code).phrase + "."), headers


async def _handle(request: Request, error: Exception) -> Json:
    return respond(request.scope, error)


def install(app: FastAPI) -> None:
    """Let the app answer foreseen errors so. The unforeseen ones are caught around it, by `logs.Observe`."""
    for kind in (errors.GraphmemError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)
