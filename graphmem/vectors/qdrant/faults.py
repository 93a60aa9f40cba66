"""Failures of a Qdrant server, and of the way there, in our words. No message holds a key or the URL's credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

import grpc
import httpx
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from graphmem.errors import ConfigurationError, DiskFull, GraphmemError, Unavailable

__all__ = ["is_missing", "translated"]

_FULL = re.compile(r"No space left|disk (is )?full|out of disk", re.IGNORECASE)
_UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED\W*(?:certificate verify failed: )?(?P<why>[^():\n]*\w)?")
_MISSING = re.compile(r"Collection .* (not found|doesn't exist)")
_CODES = {
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.DEADLINE_EXCEEDED: 408,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
}


def is_missing(error: Unavailable) -> bool:
    """Whether the collection is not there: another one took its place, or somebody removed it."""
    return bool(error.details.get("missing"))


@contextmanager
def translated(doing: str, where: str) -> Iterator[None]:
    """Raise failures as errors of ours; `doing` says what was tried, `where` names the server.

    `ConfigurationError` for a key that is not accepted and for something that is no Qdrant server, `DiskFull`, else
    `Unavailable`. Anything that does not come from the server or the network goes on.
    """
    try:
        yield
    except UnexpectedResponse as error:
        raise _answered(error.status_code or 500, _words(error), doing, where) from error
    except grpc.RpcError as error:
        failure: Any = error
        code = failure.code() if hasattr(failure, "code") else None
        raise _answered(_CODES.get(code, 500), str(failure.details()), doing, where) from error
    except ResourceExhaustedResponse as error:
        raise Unavailable(
            f"The Qdrant server at {where} is busy: {doing} failed.",
            hint="Try again later.",
            retry_after=error.retry_after_s,
        ) from error
    except ResponseHandlingException as error:
        raise _unanswered(error.source, doing, where) from error
    except JSONDecodeError as error:
        raise _unanswered(error, doing, where) from error
    except ValueError as error:
        # The client's local mode has no errors of its own.
        if not _MISSING.search(str(error)):
            raise
        raise _answered(404, "", doing, where) from error


def _answered(status: int, said: str, doing: str, where: str) -> GraphmemError:
    if status in (401, 403):
        return ConfigurationError(
            f"The Qdrant server at {where} does not accept the key ({status}): {doing} failed.",
            hint="Set GRAPHMEM_VECTORS_API_KEY to a key that may read, write and manage collections.",
            setting="GRAPHMEM_VECTORS_API_KEY",
        )
    if status == 404:
        return Unavailable(
            f"The Qdrant server at {where} knows no such collection: {doing} failed.",
            hint="Check the URL. If the collection was removed, build it anew: graphmem index rebuild.",
            missing=True,
        )
    if status == 507 or _FULL.search(said):
        return DiskFull(f"The disk of the Qdrant server at {where} is full: {doing} failed.", hint="Free some space.")
    if status == 408:
        return _late(doing, where)
    if untrusted := _UNTRUSTED.search(said):
        return _untrusted(untrusted["why"], doing, where)
    hint = "Try again later." if status in (429, 502, 503, 504) else "The server's log says more."
    return Unavailable(f"The Qdrant server at {where} failed at {doing} ({status}): {said[:200]}", hint=hint)


def _unanswered(source: Exception, doing: str, where: str) -> GraphmemError:
    if isinstance(source, httpx.TimeoutException):
        return _late(doing, where)
    if isinstance(source, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return ConfigurationError(f"{where!r} is no address of a Qdrant server.", setting="GRAPHMEM_VECTORS")
    if untrusted := _UNTRUSTED.search(str(source)):
        return _untrusted(untrusted["why"], doing, where)
    if isinstance(source, httpx.TransportError):
        return Unavailable(
            f"The Qdrant server at {where} cannot be reached ({type(source).__name__}): {doing} failed.",
            hint="Start it, or check its address and whether it speaks TLS.",
        )
    return ConfigurationError(
        f"What answers at {where} is no Qdrant server that this version understands: {doing} failed.",
        hint="Check the URL.",
        setting="GRAPHMEM_VECTORS",
    )


def _late(doing: str, where: str) -> Unavailable:
    return Unavailable(f"The Qdrant server at {where} did not answer in time: {doing} failed.", hint="Try again later.")


def _untrusted(why: str | None, doing: str, where: str) -> Unavailable:
    """No mistake in a setting, for one that was trusted runs out some day."""
    return Unavailable(
        f"The certificate of the Qdrant server at {where} is not trusted ({why or 'no reason given'}): {doing} failed.",
        hint="Where an authority of your own signed it, name that one's in SSL_CERT_FILE, and for gRPC in "
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH.",
    )


def _words(error: UnexpectedResponse) -> str:
    """The server's own words, without what the client puts around them."""
    try:
        said = error.structured()["status"]["error"]
    except (ValueError, KeyError, TypeError):
        said = error.content.decode(errors="replace")
    return str(said)
