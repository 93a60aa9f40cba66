"""The embedded store: everything in one SQLite file."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from pathlib import Path
from typing import Any

from graphmem.abc import GraphStore
from graphmem.changes import Applied, ChangeSet, Mark
from graphmem.errors import ConfigurationError, GraphmemError
from graphmem.models import Entity, Kind, Memory, Relation, Revision, Subgraph
from graphmem.queries import (
    Around,
    EntityQuery,
    Hop,
    Known,
    KnownQuery,
    MemoryQuery,
    Node,
    Page,
    Record,
    RelationQuery,
    Talk,
    TextQuery,
    Turn,
    View,
    Walk,
)
from graphmem.stores.sqlite import erase, pages, past, texts, upkeep
from graphmem.stores.sqlite.apply import apply, prune
from graphmem.stores.sqlite.around import around
from graphmem.stores.sqlite.dump import dump
from graphmem.stores.sqlite.hydrate import memories_by_id
from graphmem.stores.sqlite.known import known
from graphmem.stores.sqlite.migrate import migrate
from graphmem.stores.sqlite.pool import Pool
from graphmem.stores.sqlite.rows import revision_from
from graphmem.stores.sqlite.session import Session, Synchronous
from graphmem.stores.sqlite.settings import Settings
from graphmem.stores.sqlite.talk import talk
from graphmem.stores.sqlite.walk import walk
from graphmem.stores.sqlite.where import sight

__all__ = ["SQLiteStore"]

_PRUNE_EVERY = 1_000

_FEW = 100
"""Things read by their ids up to which a read is over before a thread would have begun it."""

_NEAR = 1_000
"""Edges of a hop up to which it is not left to a thread, either: some milliseconds. SQLite gives up the interpreter at
each row, and a thread waits for it anew each time; a search took half as long again."""


class SQLiteStore(Settings, GraphStore):
    """A graph store in the SQLite file `path`; its folder is made if there is none.

    One thread writes, a few read, and other processes may do both in the same file. With `synchronous` FULL a
    change is on the disk when `apply` returns; with NORMAL a power cut may take the last ones, each as a whole.
    """

    def __init__(self, path: Path | str, *, synchronous: Synchronous = "FULL") -> None:
        self.path = Path(path)
        self._pool = Pool(self.path, synchronous)
        self._applied = 0  # since it was opened
        self._settling: Future[None] | None = None
        self._unsettled: tuple[Mark, ...] = ()  # the writer's thread alone reads and writes it

    async def open(self) -> None:
        """See `GraphStore.open`. Raises `ConfigurationError` also if the file cannot be made or written."""
        if self._pool.is_open:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The folder {str(self.path.parent)!r} cannot be made: {error.strerror}.",
                hint="Choose another folder.",
                setting="path",
            ) from error
        self._applied = 0
        await self._pool.open(lambda session: migrate(session, self.path, "store"))

    async def aclose(self) -> None:
        """See `GraphStore.aclose`."""
        try:
            await self._settled()
        finally:
            await self._pool.close()

    # -- writing

    async def apply(self, *changes: ChangeSet) -> tuple[Applied, ...]:
        """See `GraphStore.apply`."""

        def work(session: Session) -> tuple[Applied, ...]:
            with session.writing():
                if not self._applied % _PRUNE_EVERY:
                    prune(session)
                self._applied += 1
                return apply(session, changes)

        return await self._pool.write(work)

    # -- reading for planning

    async def known(self, *queries: KnownQuery) -> tuple[Known, ...]:
        """See `GraphStore.known`."""
        brief = sum(_width(query) for query in queries) <= _FEW
        return await self._pool.read(lambda session: tuple(known(session, query) for query in queries), brief=brief)

    # -- reading for people

    async def memories(self, view: View, ids: Collection[str], *, links: bool = True) -> dict[str, Memory]:
        """See `GraphStore.memories`."""
        asked = tuple(dict.fromkeys(ids))
        known_at = view.known_at
        if known_at is None:
            brief = len(asked) <= _FEW
            seen = sight(view)
            return await self._pool.read(lambda session: memories_by_id(session, asked, seen, links=links), brief=brief)

        def work(session: Session) -> dict[str, Memory]:
            seen = past.seen_then(session, view, known_at, asked)
            return past.rewound(session, known_at, [id_ for id_, _ in seen])

        return await self._pool.read(work)

    async def find(self, query: MemoryQuery) -> Page[Memory]:
        """See `GraphStore.find`."""
        return await self._pool.read(lambda session: pages.memory_page(session, query))

    async def count(self, view: View) -> int:
        """See `GraphStore.count`."""

        def work(session: Session) -> int:
            if view.known_at is not None:
                return len(past.seen_then(session, view, view.known_at))
            seen = sight(view, driving=True)
            return int(session.seen("read/count", seen.params, visible=seen.visible)[0][0])

        return await self._pool.read(work)

    async def entities(self, query: EntityQuery) -> Page[Entity]:
        """See `GraphStore.entities`."""
        return await self._pool.read(lambda session: pages.entity_page(session, query))

    async def relations(self, query: RelationQuery) -> Page[Relation]:
        """See `GraphStore.relations`."""
        brief = query.view.known_at is None and query.ids is not None and len(query.ids) <= _FEW
        return await self._pool.read(lambda session: pages.relation_page(session, query), brief=brief)

    async def spoken(self, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
        """See `GraphStore.spoken`."""
        return await self._pool.read(lambda session: texts.spoken(session, view, phrases), brief=True)

    async def walk(self, walk_: Walk) -> Hop:
        """See `GraphStore.walk`."""
        brief = walk_.view.known_at is None and len(walk_.entity_ids) * walk_.hub_cap <= _NEAR
        return await self._pool.read(lambda session: walk(session, walk_), brief=brief)

    async def around(self, around_: Around) -> Subgraph:
        """See `GraphStore.around`."""
        return await self._pool.read(lambda session: around(session, around_))

    async def talk(self, talk_: Talk) -> dict[str, tuple[Turn, ...]]:
        """See `GraphStore.talk`."""
        brief = talk_.view.known_at is None
        return await self._pool.read(lambda session: talk(session, talk_), brief=brief)

    async def search_text(self, query: TextQuery) -> list[tuple[str, float]]:
        """See `GraphStore.search_text`. Looks through the newest 50,000 visible memories."""
        return await self._pool.read(lambda session: texts.search_text(session, query))

    async def history(self, project: str, memory_id: str) -> list[Revision]:
        """See `GraphStore.history`."""
        rows = await self._pool.read(lambda session: session.all("read/history", project=project, id=memory_id))
        return [revision_from(row) for row in rows]

    async def owners(self, view: View, limit: int) -> tuple[str, ...]:
        """See `GraphStore.owners`."""

        def work(session: Session) -> tuple[str, ...]:
            seen = past.seen_by(session, view)
            params = {**seen.params, "limit": limit}
            rows = session.seen("read/owners", params, place=seen.place, visible=seen.visible)
            return tuple(owner for (owner,) in rows)

        return await self._pool.read(work)

    async def tally(self, project: str | None = None) -> dict[str, int]:
        """See `GraphStore.tally`."""
        await self._settled()
        return await self._pool.read(lambda session: upkeep.tally(session, project))

    async def scopes(self, project: str) -> list[dict[str, Any]]:
        """See `GraphStore.scopes`."""
        return await self._pool.read(lambda session: upkeep.scopes(session, project))

    # -- the index's bookkeeping

    async def pending(self, limit: int) -> list[Mark]:
        """See `GraphStore.pending`."""
        await self._settled()
        rows = await self._pool.read(lambda session: session.all("upkeep/pending", limit=limit))
        return [Mark(*row) for row in rows]

    async def settle(self, done: Sequence[Mark]) -> None:
        """See `GraphStore.settle`. A power cut may bring marks back: they are only done again.

        Nobody waits for it but who asks for marks, and is told if it failed. What failed is done with the next ones.
        """
        with contextlib.suppress(GraphmemError):
            await self._settled()

        def work(session: Session) -> None:
            self._unsettled = (*self._unsettled, *done)
            with session.hasty(), session.writing():
                upkeep.settle(session, self._unsettled)
            self._unsettled = ()

        self._settling = self._pool.submit(work)

    async def _settled(self) -> None:
        """What is being settled is settled. Raises what that raised."""
        settling = self._settling
        if settling is None:
            return
        try:
            # A waiter that is cancelled does not take it along.
            await asyncio.shield(asyncio.wrap_future(settling))
        finally:
            if settling.done() and self._settling is settling:
                self._settling = None

    async def mark(self, refs: Sequence[tuple[Kind, str]]) -> None:
        """See `GraphStore.mark`."""

        def work(session: Session) -> None:
            with session.writing():
                upkeep.mark(session, refs)

        await self._pool.write(work)

    async def records(self, marks: Sequence[Mark]) -> dict[str, Record]:
        """See `GraphStore.records`."""
        brief = len(marks) <= _FEW
        return await self._pool.read(lambda session: upkeep.records(session, marks), brief=brief)

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """See `GraphStore.scan`."""
        async for batch in upkeep.scan(self._pool.read):
            yield batch

    # -- whole-store work

    async def dump(self, project: str | None = None, owner: str | None = None) -> AsyncIterator[ChangeSet]:
        """See `GraphStore.dump`. All of it is one consistent state, kept until the iteration ends."""
        async with aclosing(self._pool.stream(lambda session: dump(session, project, owner))) as changes:
            async for change in changes:
                yield change

    async def purge(self) -> dict[str, int]:
        """See `GraphStore.purge`. Rewrites the file, which takes as much free space as it has."""
        return await self._pool.write(lambda session: erase.purge(session, self.path))


def _width(query: KnownQuery) -> int:
    """How many things it asks for, one by one; what depends on others may be any number."""
    if query.dependents:
        return _FEW + 1
    return sum(map(len, (query.names, query.memory_ids, query.texts, query.slots, query.pairs))) + query.last_episodes
