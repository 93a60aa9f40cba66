"""The embedded store: everything in one SQLite file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from graphmem.changes import Applied, ChangeSet
from graphmem.models import Memory
from graphmem.queries import Known, KnownQuery, View
from graphmem.stores.sqlite.apply import apply
from graphmem.stores.sqlite.hydrate import memories_by_id
from graphmem.stores.sqlite.known import known
from graphmem.stores.sqlite.migrate import migrate
from graphmem.stores.sqlite.pool import Pool
from graphmem.stores.sqlite.session import Session, Synchronous
from graphmem.stores.sqlite.where import sight

__all__ = ["SQLiteStore"]


class SQLiteStore:
    def __init__(self, path: Path | str, *, synchronous: Synchronous = "FULL") -> None:
        self.path = Path(path)
        self._pool = Pool(self.path, synchronous)

    async def open(self) -> None:
        if not self._pool.is_open:
            await self._pool.open(lambda session: migrate(session, self.path))

    async def aclose(self) -> None:
        await self._pool.close(lambda session: None)

    async def apply(self, *changes: ChangeSet) -> tuple[Applied, ...]:
        def work(session: Session) -> tuple[Applied, ...]:
            with session.writing():
                return apply(session, changes)

        return await self._pool.write(work)

    async def known(self, *queries: KnownQuery) -> tuple[Known, ...]:
        return await self._pool.read(lambda session: tuple(known(session, query) for query in queries))

    async def memories(self, view: View, ids: Collection[str]) -> dict[str, Memory]:
        return await self._pool.read(lambda session: memories_by_id(session, ids, sight(view)))
