"""A fresh collection, filled beside the one that counts while others go on writing to that.

What the old one holds is looked through when filling begins and again when it ends: what differs was written
meanwhile, by whichever process, and is taken over. That takes some 200 bytes of memory a point.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from qdrant_client import models

from graphmem.errors import GraphmemError, Unavailable
from graphmem.vectors.qdrant import language
from graphmem.vectors.qdrant.server import WHOLE, Note, Server

__all__ = ["Renewal"]

_log = logging.getLogger(__name__)


class Renewal:
    """A collection in the making, in place of `old`. It is made when its first point tells how long vectors are."""

    def __init__(self, server: Server, fingerprint: str, old: str | None) -> None:
        self.made: str | None = None
        self.missed = False  # whether something was written to the old one that the new one cannot take
        self._server = server
        self._fingerprint = fingerprint
        self._old = old
        self._same = False
        self._seen: dict[Any, tuple[int, bool]] = {}

    async def begin(self) -> None:
        """Remember what the old one holds. One that cannot be read any longer is no hindrance."""
        if self._old is None:
            return
        try:
            self._same = (await self._server.note(self._old)).fingerprint == self._fingerprint
            self._seen = await self._traces(self._old)
        except Unavailable as error:
            _log.warning("The collection %r cannot be read, and is replaced as it is: %s", self._old, error.message)
            self._old, self.missed = None, True

    async def fill(self, points: Sequence[models.PointStruct]) -> None:
        """Write points to the fresh one."""
        if self.made is None:
            dimensions = language.dimensions(points)
            if dimensions is None:
                return
            name = self._server.fresh_name(self._fingerprint)
            self.made = name
            await self._server.make(name, dimensions, Note(self._fingerprint, verified=False))
        await self._server.put(self.made, points)

    async def catch_up(self) -> None:
        """Take over what was written to the old one since the last look."""
        if self._old is None:
            return
        now = await self._traces(self._old)
        moved = [key for key, trace in now.items() if self._seen.get(key) != trace]
        self._seen = now
        if not self._same:
            self.missed = self.missed or bool(moved)
            return
        for start in range(0, len(moved), WHOLE):
            records = await self._server.fetch(self._old, moved[start : start + WHOLE])
            await self.fill([language.again(each) for each in records])

    async def abandon(self) -> None:
        """Remove what was made. What resists is swept by the next renewal."""
        if self.made is not None:
            try:
                await self._server.drop(self.made)
            except GraphmemError as error:
                _log.warning("The collection %r could not be removed yet: %s", self.made, error.message)

    async def _traces(self, name: str) -> dict[Any, tuple[int, bool]]:
        found: dict[Any, tuple[int, bool]] = {}
        start: Any = None
        while True:
            records, start = await self._server.page(name, start, of=None)
            payloads = ((each.id, each.payload or {}) for each in records)
            found.update({key: (payload["r"], "o" in payload) for key, payload in payloads if "r" in payload})
            if start is None:
                return found
