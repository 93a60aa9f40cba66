"""The index on a Qdrant server: the contract on top of one collection behind an alias."""

from __future__ import annotations

import asyncio
import logging
import math
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import httpx
from qdrant_client import AsyncQdrantClient, models

from graphmem.abc import VectorIndex
from graphmem.changes import Mark
from graphmem.errors import ConfigurationError, EmbedderChanged, Unavailable
from graphmem.models import Point
from graphmem.queries import Neighbour, VectorQuery
from graphmem.vectors.qdrant import language
from graphmem.vectors.qdrant.faults import is_missing
from graphmem.vectors.qdrant.renewal import Renewal
from graphmem.vectors.qdrant.server import Note, Server

__all__ = ["QdrantIndex"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_FORMAT = "qdrant1"
"""Changes when older collections cannot be read any longer; part of the fingerprint, so they are rebuilt."""

_DIGITS = 6
"""Scores are sums of 32-bit floats, in whatever order: what differs only further behind is a tie."""

_REST: dict[str, Any] = {
    # The server compresses into several writes and waits, before the last, until the one before is acknowledged, which
    # Linux does after 40 ms: a search, which asks twice, waited 80 ms for nothing.
    "headers": {"accept-encoding": "identity"},
    # The client opens a connection for each request to localhost. The server closes one after 5 s without any: whoever
    # uses it at that moment fails.
    "limits": httpx.Limits(max_connections=100, keepalive_expiry=2.0),
}
"""How the client speaks HTTP."""


class QdrantIndex(VectorIndex):
    """A Qdrant server at `url`, shared by all who use the same `prefix`, which is the alias of what they share.

    `timeout` is in seconds, rounded up to whole ones, for each request. `grpc` is the port where the server speaks gRPC
    (6334 unless configured otherwise), which is used instead of REST where both can do it.
    `client` is an `AsyncQdrantClient` in place of a URL, in local mode too; whoever made it closes it.

    The collection is made by the first write, which tells how long vectors are. It is clean once somebody compared it
    with the store and closed in order, or built it from the store; then it stays so, for everybody: the server keeps a
    log of its own, and what a client that died had not written is still marked in the store. Whoever puts a server
    back to an older snapshot, or lost what it had not brought to disk, has to verify.

    Raises `ConfigurationError` for a URL that is none, and from every method for a key that is not accepted.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        prefix: str = "graphmem",
        grpc: int | None = None,
        timeout: float = 10.0,
        client: AsyncQdrantClient | None = None,
    ) -> None:
        if (url is None) == (client is None) or (url is not None and not url.startswith(("http://", "https://"))):
            raise ConfigurationError(
                "An index on Qdrant needs a URL or a client.",
                hint="Give a URL such as http://localhost:6333.",
                setting="GRAPHMEM_VECTORS",
            )
        self._where = "the given client" if url is None else _shown(url)
        self._given = client
        self._options: dict[str, Any] = {
            "url": url,
            "api_key": api_key,
            "prefer_grpc": grpc is not None,
            **(_REST if grpc is None else {"grpc_port": grpc}),
            "timeout": math.ceil(timeout),
            "check_compatibility": False,  # it warns in a thread of its own; `Server.greet` asks itself
        }
        self._prefix = prefix
        self._server: Server | None = None
        self._fingerprint = ""
        self._collection: str | None = None  # None: nobody has written yet
        self._clean = self._noted = self._looked_through = False
        self._early: list[models.PointStruct] = []  # tombstones from before there was a collection
        self._turn = asyncio.Lock()  # held during a write, and while the collection changes
        self._making = asyncio.Lock()

    # -- opening and closing

    async def open(self, fingerprint: str) -> None:
        """See `VectorIndex.open`."""
        if self._server is not None:
            return
        self._server, self._fingerprint = self._connect(), f"{_FORMAT}+{fingerprint}"
        self._clean = self._noted = self._looked_through = False
        try:
            await self._server.greet()
            await self._find()
        except BaseException:
            await self._leave()
            raise

    async def aclose(self) -> None:
        """See `VectorIndex.aclose`. There is nothing to bring to disk: every write waited for the server's log."""
        if self._server is None:
            return
        try:
            compared = self._clean or self._looked_through
            if compared and not self._noted and self._collection is not None:
                await self._server.put_note(self._collection, Note(self._fingerprint, verified=True))
        except Unavailable as error:  # nothing is lost: whoever opens it next compares it again
            _log.warning("The index was left without a note that it is orderly: %s", error.message)
        finally:
            await self._leave()

    def _connect(self) -> Server:
        if self._given is not None:
            return Server(self._given, self._where, self._prefix)
        try:
            with warnings.catch_warnings():
                # On every start, if a key is sent without TLS: in a network of one's own, as compose has, it may be.
                warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
                client = AsyncQdrantClient(**self._options)
        except ValueError as error:
            raise ConfigurationError(
                f"{self._where!r} is no address of a Qdrant server.",
                hint="Give a URL such as http://localhost:6333.",
                setting="GRAPHMEM_VECTORS",
            ) from error
        return Server(client, self._where, self._prefix)

    async def _leave(self) -> None:
        server, self._server = self._server, None
        self._collection, self._early = None, []
        if server is not None and server.client is not self._given:
            await server.client.close()

    def _opened(self) -> Server:
        if self._server is None:
            raise Unavailable("The vector index is not open.", hint="Open it first.")
        return self._server

    @property
    def clean(self) -> bool:
        """Whether the collection was compared with the store, or built from it."""
        return self._clean

    async def _find(self) -> str | None:
        """Look up which collection counts; raises `EmbedderChanged` if it is one of another fingerprint."""
        server = self._opened()
        name = await server.current()
        if name is not None:
            note = await server.note(name)
            if note.fingerprint != self._fingerprint:
                raise EmbedderChanged(
                    f"The index {self._prefix!r} at {self._where} was built with {note.fingerprint!r}, "
                    f"and {self._fingerprint!r} is configured.",
                    hint="Build it anew with `graphmem index rebuild`, or configure what it was built with.",
                    built_with=note.fingerprint,
                    configured=self._fingerprint,
                )
            self._clean = self._noted = note.verified
            self._looked_through = False  # at another one
            self._collection = name
        return name

    # -- writing

    async def upsert(self, points: Sequence[Point]) -> None:
        """See `VectorIndex.upsert`."""
        await self._write([language.encode(point) for point in points])

    async def delete(self, marks: Sequence[Mark]) -> None:
        """See `VectorIndex.delete`. Tombstones stay until `compact` or `rebuild`."""
        await self._write([language.tombstone(mark) for mark in marks])

    async def _write(self, points: Sequence[models.PointStruct]) -> None:
        server = self._opened()
        if not points:
            return
        async with self._turn:
            if self._collection is None and await self._find() is None:
                dimensions = language.dimensions(points)
                if dimensions is None:
                    self._early.extend(points)
                    return
                await self._make_first(dimensions)
            await self._on(lambda name: server.put(name, [*self._early, *points]))
            self._early = []

    async def _make_first(self, dimensions: int) -> None:
        server, name = self._opened(), self._opened().first_name(self._fingerprint)
        await server.make(name, dimensions, Note(self._fingerprint, verified=self._clean))
        await server.point_to(name, first=True)
        self._collection, self._noted = name, self._clean

    async def flush(self) -> None:
        """Nothing to do: every write waited for the server."""
        self._opened()

    # -- reading

    async def query(self, queries: Sequence[VectorQuery]) -> list[list[Neighbour]]:
        """See `VectorIndex.query`."""
        server = self._opened()
        asked = [place for place, query in enumerate(queries) if not language.is_void(query)]
        found: list[list[Neighbour]] = [[] for _ in queries]
        if not asked or (self._collection is None and await self._find() is None):
            return found
        requests = [language.request(queries[place], corpus=server.corpus) for place in asked]
        answers = await self._on(lambda name: server.ask(name, requests))
        for place, answer in zip(asked, answers, strict=True):
            hits = [
                Neighbour(str(hit.id), round(hit.score, _DIGITS), (hit.payload or {})["r"]) for hit in answer.points
            ]
            found[place] = sorted(hits, key=lambda each: (-each.score, each.id))
        return found

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """See `VectorIndex.scan`. Once it came to its end, the next orderly stop counts as one."""
        server = self._opened()
        start: Any = None
        while self._collection is not None or await self._find() is not None:
            records, start = await self._on(partial(_page, server, start))
            if records:
                yield [language.mark(each) for each in records]
            if start is None:
                break
        self._looked_through = True

    async def count(self) -> int:
        """See `VectorIndex.count`."""
        server = self._opened()
        if self._collection is None and await self._find() is None:
            return 0
        return await self._on(server.count)

    async def _on(self, work: Callable[[str], Awaitable[T]]) -> T:
        """Do it on the collection that counts, once more if another one has taken its place meanwhile."""
        name = cast("str", self._collection)
        try:
            return await work(name)
        except Unavailable as error:
            if not is_missing(error):
                raise
            found = self._collection if self._collection not in (None, name) else await self._find()
            if found is None or found == name:
                raise
            return await work(found)

    # -- making a fresh copy

    async def rebuild(self, fingerprint: str, batches: AsyncIterator[Sequence[Point]]) -> None:
        """See `VectorIndex.rebuild`. Works as well where `open` raised `EmbedderChanged`, and leaves it open.

        What other processes write meanwhile to a collection of the same fingerprint is taken over. With another one it
        cannot be: if they wrote, the new collection is not clean.
        """
        opened_here = self._server is None
        if self._server is None:
            self._server = self._connect()
        try:
            if opened_here:
                await self._server.greet()
                self._collection = await self._server.current()
            await self._renew(f"{_FORMAT}+{fingerprint}", _encoded(batches), verified=True)
        except BaseException:
            if opened_here:
                await self._leave()
            raise

    async def compact(self) -> None:
        """See `VectorIndex.compact`. Tombstones that are there when it begins go as well.

        So a write that another process has held back since before the deletion may come back: the store hides it, and
        `verify` removes it.
        """
        self._opened()
        if self._collection is not None or await self._find() is not None:
            await self._renew(self._fingerprint, self._live(), verified=self._clean)

    async def _live(self) -> AsyncGenerator[list[models.PointStruct], None]:
        server, name = self._opened(), cast("str", self._collection)
        start: Any = None
        while True:
            records, start = await server.page(name, start, of=language.LIVE, vectors=True)
            yield [language.again(each) for each in records]
            if start is None:
                break

    async def _renew(
        self, fingerprint: str, batches: AsyncGenerator[list[models.PointStruct], None], *, verified: bool
    ) -> None:
        async with self._making, aclosing(batches):
            server, old = self._opened(), self._collection
            fresh = Renewal(server, fingerprint, old)
            try:
                await fresh.begin()
                async for points in batches:
                    await fresh.fill(points)
                async with self._turn:
                    await fresh.catch_up()
                    await server.point_to(fresh.made, first=old is None)
                    self._collection, self._fingerprint = fresh.made, fingerprint
                    self._clean = self._noted = False
                    await fresh.catch_up()
                    self._clean = self._noted = verified and not fresh.missed
                    self._looked_through = self._looked_through and not fresh.missed
                    if fresh.made is not None:
                        await server.put_note(fresh.made, Note(fingerprint, verified=self._clean))
            except BaseException:
                if self._collection != fresh.made or fresh.made is None:
                    await fresh.abandon()
                raise
            if old is not None:
                await server.drop(old)
            await server.sweep()


async def _page(server: Server, start: Any, name: str) -> tuple[list[models.Record], Any]:
    return await server.page(name, start, of=language.LIVE)


async def _encoded(batches: AsyncIterator[Sequence[Point]]) -> AsyncGenerator[list[models.PointStruct], None]:
    async for points in batches:
        yield [language.encode(point) for point in points]


def _shown(url: str) -> str:
    """The URL without what may be secret in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the given URL"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}" if parts.hostname else "the given URL"
