"""Vectors by content, in a small SQLite file of their own, which may be deleted at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphmem.abc import VectorCache
from graphmem.stores.sqlite.migrate import migrate
from graphmem.stores.sqlite.pool import Pool
from graphmem.stores.sqlite.rows import json_array
from graphmem.stores.sqlite.session import Session

__all__ = ["SQLiteVectorCache"]


class SQLiteVectorCache(VectorCache):
    """A vector cache in the SQLite file `path`, opened at first use; its folder has to be there.

    Raises what `SQLiteStore` raises. After a power cut the last vectors may be missing.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._pool = Pool(self.path, "NORMAL")
        self._opening = asyncio.Lock()

    async def get_many(self, fingerprint: str, keys: Sequence[str]) -> dict[str, bytes]:
        """See `VectorCache.get_many`."""
        await self._open()
        asked = json_array(keys)
        rows = await self._pool.read(lambda session: session.all("cache/get", fingerprint=fingerprint, keys=asked))
        return dict(rows)

    async def put_many(self, fingerprint: str, vectors: Mapping[str, bytes]) -> None:
        """See `VectorCache.put_many`."""
        rows = [{"fingerprint": fingerprint, "key": key, "vector": vector} for key, vector in vectors.items()]

        def work(session: Session) -> None:
            with session.writing():
                session.many("cache/put", rows)

        await self._open()
        await self._pool.write(work)

    async def clear(self) -> int:
        """See `VectorCache.clear`. The bytes are overwritten, and gone from the write-ahead log too."""

        def work(session: Session) -> int:
            with session.writing():
                session.erased = True
                return session.run("cache/clear")

        await self._open()
        return await self._pool.write(work)

    async def aclose(self) -> None:
        """Close the file; idempotent. The next use opens it again."""
        async with self._opening:
            await self._pool.close()

    async def _open(self) -> None:
        if not self._pool.is_open:
            async with self._opening:
                if not self._pool.is_open:
                    await self._pool.open(lambda session: migrate(session, self.path, "cache"))
