"""A memory on a graphmem server: the native REST surface, spoken over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast
from urllib.parse import quote

import httpx

from graphmem import errors
from graphmem._version import __version__
from graphmem.client.backend import Arguments, ImportReport, IndexAction, plain
from graphmem.views import (
    AddResult,
    DeleteResult,
    EntityPage,
    EntityView,
    FillResult,
    HistoryEntry,
    MemoryPage,
    MemoryView,
    PathsView,
    ProfileView,
    RelationPage,
    SearchResult,
    SubgraphView,
    SummaryView,
)

__all__ = ["RemoteBackend", "RemoteExports"]

TIMEOUT = httpx.Timeout(300.0, connect=10.0)
"""Seconds. An add may wait for a model, an import for the disk; a connection that takes long will not come."""

BATCH = 256
"""Items sent in one request by `add_many`."""

_CLASSES = {
    each.code: each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.GraphmemError)
}


class _Asks(Protocol):
    """What the parts of `RemoteBackend` need of it."""

    async def _ask(
        self, method: str, path: str, body: Arguments | None = None, *, query: Arguments | None = None
    ) -> Any: ...


class RemoteExports:
    """The part of `RemoteBackend` that tells what is known."""

    async def fill(self: _Asks, arguments: Arguments) -> FillResult:
        """POST /exports"""
        return cast(FillResult, await self._ask("POST", "/exports", arguments))

    async def profile(self: _Asks, arguments: Arguments) -> ProfileView:
        """GET /profile"""
        return cast(ProfileView, await self._ask("GET", "/profile", query=arguments))

    async def summary(self: _Asks, arguments: Arguments) -> SummaryView:
        """GET /summary"""
        return cast(SummaryView, await self._ask("GET", "/summary", query=arguments))


class RemoteBackend(RemoteExports):
    """`Backend` over HTTP. Errors of the server arrive as the classes they were raised as there."""

    def __init__(
        self, url: str, *, api_key: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"User-Agent": f"graphmem/{__version__}"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        self._http = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=TIMEOUT, transport=transport)

    async def open(self) -> None:
        """Ask the server whether it is there, and is one."""
        answer = await self._ask("GET", "/healthz")
        if not isinstance(answer, Mapping) or answer.get("service") != "graphmem":
            raise errors.ConfigurationError(
                f"What answers at {self.url} is not a graphmem server.",
                hint="Check the address.",
                setting="GRAPHMEM_STORE",
            )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # -- memories

    async def add(self, arguments: Arguments) -> AddResult:
        """POST /memories"""
        return cast(AddResult, await self._ask("POST", "/memories", arguments))

    async def add_many(
        self, items: Sequence[Arguments], progress: Callable[[int], None] | None = None
    ) -> list[AddResult]:
        """POST /memories/batch, in parts."""
        done: list[AddResult] = []
        for start in range(0, len(items), BATCH):
            answer = await self._ask("POST", "/memories/batch", {"items": list(items[start : start + BATCH])})
            done += answer["results"]
            if progress is not None:
                progress(len(done))
        return done

    async def search(self, arguments: Arguments) -> SearchResult:
        """POST /search"""
        return cast(SearchResult, await self._ask("POST", "/search", arguments))

    async def get(self, memory_id: str) -> MemoryView:
        """GET /memories/{id}"""
        return cast(MemoryView, await self._ask("GET", f"/memories/{_segment(memory_id)}"))

    async def get_all(self, arguments: Arguments) -> MemoryPage:
        """GET /memories"""
        return cast(MemoryPage, await self._ask("GET", "/memories", query=arguments))

    async def update(self, memory_id: str, arguments: Arguments) -> MemoryView:
        """PATCH /memories/{id}"""
        return cast(MemoryView, await self._ask("PATCH", f"/memories/{_segment(memory_id)}", arguments))

    async def delete(self, memory_id: str) -> DeleteResult:
        """DELETE /memories/{id}"""
        return cast(DeleteResult, await self._ask("DELETE", f"/memories/{_segment(memory_id)}"))

    async def delete_all(self, arguments: Arguments) -> DeleteResult:
        """DELETE /memories"""
        return cast(DeleteResult, await self._ask("DELETE", "/memories", query=arguments))

    async def history(self, memory_id: str) -> list[HistoryEntry]:
        """GET /memories/{id}/history"""
        return cast(list[HistoryEntry], await self._ask("GET", f"/memories/{_segment(memory_id)}/history"))

    async def reset(self) -> DeleteResult:
        """POST /reset"""
        return cast(DeleteResult, await self._ask("POST", "/reset"))

    async def purge(self) -> DeleteResult:
        """POST /purge"""
        return cast(DeleteResult, await self._ask("POST", "/purge"))

    # -- the graph

    async def entities(self, arguments: Arguments) -> EntityPage:
        """GET /graph/entities"""
        return cast(EntityPage, await self._ask("GET", "/graph/entities", query=arguments))

    async def entity(self, entity_id: str, arguments: Arguments) -> EntityView:
        """GET /graph/entities/{id}"""
        path = f"/graph/entities/{_segment(entity_id)}"
        return cast(EntityView, await self._ask("GET", path, query=arguments))

    async def relations(self, arguments: Arguments) -> RelationPage:
        """GET /graph/relations"""
        return cast(RelationPage, await self._ask("GET", "/graph/relations", query=arguments))

    async def subgraph(self, arguments: Arguments) -> SubgraphView:
        """GET /graph/subgraph"""
        return cast(SubgraphView, await self._ask("GET", "/graph/subgraph", query=arguments))

    async def paths(self, arguments: Arguments) -> PathsView:
        """GET /graph/paths"""
        return cast(PathsView, await self._ask("GET", "/graph/paths", query=arguments))

    async def scopes(self) -> list[dict[str, Any]]:
        """GET /entities"""
        return cast(list[dict[str, Any]], await self._ask("GET", "/entities"))

    # -- upkeep

    async def stats(self) -> dict[str, int]:
        """GET /stats"""
        return cast(dict[str, int], await self._ask("GET", "/stats"))

    async def ask(self, method: str, *path: str, body: Arguments | None = None, query: Arguments | None = None) -> Any:
        """Ask for what no method stands for, by the segments of its path: keys, projects; see docs/rest.md."""
        return await self._ask(method, "".join(f"/{_segment(each)}" for each in path), body, query=query)

    @property
    def webhooks(self) -> RemoteWebhooks:
        """The webhooks of the caller's project."""
        return RemoteWebhooks(self._ask)

    async def index(self, action: IndexAction) -> dict[str, Any]:
        """POST /index/{action}"""
        return cast(dict[str, Any], await self._ask("POST", f"/index/{_segment(action)}"))

    async def export(self, arguments: Arguments) -> AsyncGenerator[str, None]:
        """GET /export, streamed"""
        try:
            async with self._http.stream("GET", "/export", params=_query(arguments)) as response:
                if response.is_error:
                    await response.aread()
                    raise _error(response)
                async for line in _lines(response):
                    yield line
        except httpx.HTTPError as error:
            raise _unavailable(self.url, error) from error

    async def import_lines(
        self,
        lines: Iterable[str],
        name: str,
        defaults: Arguments,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> dict[str, Any]:
        """POST /import, streamed"""

        async def body() -> AsyncIterator[bytes]:
            for line in lines:
                # Bytes that are no UTF-8 go as they came: the server refuses their line by its number.
                yield line.rstrip("\n").encode("utf-8", "surrogateescape") + b"\n"

        query = {"name": name, "defaults": json.dumps(plain(defaults))}
        headers = {"Content-Type": "application/x-ndjson"}
        return cast(dict[str, Any], await self._send("POST", "/import", params=query, content=body(), headers=headers))

    # -- the wire

    async def _ask(
        self, method: str, path: str, body: Arguments | None = None, *, query: Arguments | None = None
    ) -> Any:
        return await self._send(method, path, params=_query(query or {}), json=None if body is None else plain(body))

    async def _send(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = await self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise _unavailable(self.url, error) from error
        if response.is_error:
            raise _error(response)
        try:
            return response.json()
        except ValueError:
            raise errors.ConfigurationError(
                f"{self.url} answered {method} {path} with something that is not JSON.",
                hint="Check that the address is that of a graphmem server.",
                setting="GRAPHMEM_STORE",
            ) from None


def _unavailable(url: str, error: httpx.HTTPError) -> errors.Unavailable:
    return errors.Unavailable(
        f"The server at {url} cannot be reached: {type(error).__name__}.",
        hint="Check that it runs (`graphmem serve`) and that the address is right.",
        url=url,
    )


class RemoteWebhooks:
    """The webhooks of a project on a server."""

    def __init__(self, ask: Callable[..., Awaitable[Any]]) -> None:
        self._ask = ask

    async def listed(self) -> list[dict[str, Any]]:
        """GET /webhooks"""
        return cast("list[dict[str, Any]]", await self._ask("GET", "/webhooks"))

    async def create(self, body: Arguments) -> dict[str, Any]:
        """POST /webhooks; `secret` is what deliveries are signed with"""
        return cast("dict[str, Any]", await self._ask("POST", "/webhooks", body))

    async def delete(self, webhook_id: str) -> dict[str, Any]:
        """DELETE /webhooks/{id}"""
        return cast("dict[str, Any]", await self._ask("DELETE", f"/webhooks/{_segment(webhook_id)}"))

    async def test(self, webhook_id: str) -> dict[str, Any]:
        """POST /webhooks/{id}/test"""
        return cast("dict[str, Any]", await self._ask("POST", f"/webhooks/{_segment(webhook_id)}/test"))

    async def deliveries(self, webhook_id: str) -> list[dict[str, Any]]:
        """GET /webhooks/{id}/deliveries"""
        found = await self._ask("GET", f"/webhooks/{_segment(webhook_id)}/deliveries")
        return cast("list[dict[str, Any]]", found)


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """The lines as they were sent. httpx's own also end at breaks that only Unicode knows, and texts hold those."""
    rest = b""
    async for piece in response.aiter_bytes():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode()
    if rest:
        yield rest.decode()


def _segment(text: str) -> str:
    return quote(str(text), safe="")


def _query(arguments: Arguments) -> dict[str, Any]:
    """Arguments as a query string: objects as JSON, lists repeated."""
    return {
        name: json.dumps(value) if isinstance(value, dict) else value
        for name, value in plain(arguments).items()
        if value is not None
    }


def _error(response: httpx.Response) -> errors.GraphmemError:
    """The error that the server raised, as the same class with the same data."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    known = ("type", "title", "status", "detail", "code", "hint", "request_id", "self", "message")
    details = {name: value for name, value in problem.items() if name not in known and name.isidentifier()}
    hint = problem.get("hint")
    kind = _CLASSES.get(str(problem.get("code")), _by_status(response.status_code))
    message = str(problem.get("detail") or f"The server answered {response.status_code}.")
    return kind(message, hint=None if hint is None else str(hint), status=response.status_code, **details)


def _by_status(status: int) -> type[errors.GraphmemError]:
    if status in (401, 403):
        return errors.Forbidden
    if status == 404:
        return errors.NotFound
    if status in (429, 502, 503, 504):
        return errors.Unavailable
    return errors.InvalidInput if status < 500 else errors.GraphmemError
