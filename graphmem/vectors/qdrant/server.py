"""What lies on the server: collections, the alias that names the one that counts, and a note in each.

A collection is called `<prefix>-<fingerprint's hash>-<random>`. Its note is a point without vectors under an id of its
own: the fingerprint in words, and whether the collection was compared with the store.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from qdrant_client import AsyncQdrantClient, models

from graphmem.ids import new_id
from graphmem.vectors.qdrant import language
from graphmem.vectors.qdrant.faults import translated

__all__ = ["WHOLE", "Note", "Server"]

_log = logging.getLogger(__name__)

_NOTE = "00000000-0000-0000-0000-000000000000"

_CONDITIONAL, _CORPUS = (1, 16), (1, 19)
"""From which version on the server judges conditions of writes, and weighs terms by the points of a filter."""

_SLICE = 256
"""Points in one request: 32 MB, the server's bound, would be reached at 6,000 dimensions."""

_PAGE = 1_000
"""Points read in one request, ids and revisions only."""

WHOLE = 128
"""Points read in one request with their vectors."""


class Note(NamedTuple):
    """What a collection was built with, and whether it was compared with the store since."""

    fingerprint: str
    verified: bool


class Server:
    """One connection; `where` names the server in messages. Raises what `faults.translated` says."""

    def __init__(self, client: AsyncQdrantClient, where: str, prefix: str) -> None:
        self.client = client
        self.where = where
        self.prefix = prefix
        self.conditional = self.corpus = False

    async def greet(self) -> None:
        """Learn what the server can do."""
        with translated("asking for its version", self.where):
            said = (await self.client.info()).version
        number = re.match(r"v?(\d+)\.(\d+)", said)
        version = (int(number[1]), int(number[2])) if number else (0, 0)
        self.conditional, self.corpus = version >= _CONDITIONAL, version >= _CORPUS
        if not self.conditional:
            _log.warning(
                "Qdrant %s knows no conditional writes (1.16 does): let one process only feed the index at %s.",
                said,
                self.where,
            )

    # -- which collection counts

    async def current(self) -> str | None:
        """The collection that counts, None if there is none."""
        with translated("asking which index counts", self.where):
            aliases = (await self.client.get_aliases()).aliases
        return next((each.collection_name for each in aliases if each.alias_name == self.prefix), None)

    async def note(self, name: str) -> Note:
        """What is noted of a collection; nothing at all makes it one of an unknown fingerprint."""
        with translated("reading what the index was built with", self.where):
            found = await self.client.retrieve(name, [_NOTE], with_payload=True)
        payload = (found[0].payload if found else None) or {}
        return Note(str(payload.get("fingerprint", "")), payload.get("verified") is True)

    async def put_note(self, name: str, note: Note) -> None:
        """Note it."""
        point = models.PointStruct(id=_NOTE, vector={}, payload=note._asdict())
        with translated("noting what the index was built with", self.where):
            await self.client.upsert(name, [point], wait=True)

    async def point_to(self, name: str | None, *, first: bool = False) -> None:
        """Let this collection count from now on, or none: one step for everybody. `first`: none did before."""
        operations: list[Any] = []
        if not first:
            operations.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self.prefix)))
        if name is not None:
            alias = models.CreateAlias(collection_name=name, alias_name=self.prefix)
            operations.append(models.CreateAliasOperation(create_alias=alias))
        if operations:
            with translated("switching to the new index", self.where):
                try:
                    await self.client.update_collection_aliases(operations)
                except Exception:
                    # Somebody else may have been faster with the same.
                    if not first or await self.current() != name:
                        raise

    # -- making and removing collections

    def first_name(self, fingerprint: str) -> str:
        """Of the collection that is made where there is none: the same for all who make it at the same time."""
        return self._name(fingerprint, "0" * 8)

    def fresh_name(self, fingerprint: str) -> str:
        """A name that no other collection has."""
        return self._name(fingerprint, new_id()[:8])

    def _name(self, fingerprint: str, last: str) -> str:
        return f"{self.prefix}-{hashlib.sha256(fingerprint.encode()).hexdigest()[:8]}-{last}"

    async def make(self, name: str, dimensions: int, note: Note) -> None:
        """Make a collection, unless it is there: several may do it at the same time."""
        with translated("making a collection", self.where):
            try:
                await self.client.create_collection(name, **_layout(dimensions))
            except Exception:
                # Servers say in different ways that somebody else was faster.
                if not await self.client.collection_exists(name):
                    raise
            for field, schema in language.INDEXES.items():
                await self.client.create_payload_index(name, field, schema, wait=True)
        await self.put_note(name, note)

    async def drop(self, name: str) -> None:
        """Remove a collection, if it is there."""
        with translated("removing a collection", self.where):
            await self.client.delete_collection(name)

    async def sweep(self) -> None:
        """Remove all collections of ours but the one that counts: what was replaced, or what a crash left."""
        keep = await self.current()
        ours = re.compile(re.escape(self.prefix) + r"-[0-9a-f]{8}-[0-9a-f]{8}")
        with translated("asking for its collections", self.where):
            found = (await self.client.get_collections()).collections
        for each in found:
            if each.name != keep and ours.fullmatch(each.name):
                await self.drop(each.name)

    # -- points

    async def put(self, name: str, points: Sequence[models.PointStruct]) -> None:
        """Write points, but none over one of a higher revision."""
        points = language.newest(points)
        for start in range(0, len(points), _SLICE):
            several = points[start : start + _SLICE]
            with translated("writing points", self.where):
                if self.conditional:
                    await self.client.upsert(name, several, update_filter=language.condition(several), wait=True)
                else:
                    await self._put_compared(name, several)

    async def _put_compared(self, name: str, points: Sequence[models.PointStruct]) -> None:
        found = await self.client.retrieve(name, [point.id for point in points], with_payload=["r", "o"])
        held = {each.id: each for each in found}
        due = [each for each in points if each.id not in held or language.is_due(each, held[each.id])]
        if due:
            await self.client.upsert(name, due, wait=True)

    async def ask(self, name: str, requests: Sequence[models.QueryRequest]) -> list[models.QueryResponse]:
        """Answer all, in one round trip."""
        with translated("searching", self.where):
            return await self.client.query_batch_points(name, requests)

    async def page(
        self, name: str, start: Any, *, of: models.Filter | None, vectors: bool = False
    ) -> tuple[list[models.Record], Any]:
        """Some points from the id `start` on, and where the next page starts; their revisions, or all of them."""
        payload: Any = True if vectors else ["r", "o"]
        limit = WHOLE if vectors else _PAGE
        with translated("reading points", self.where):
            return await self.client.scroll(
                name, of, limit=limit, offset=start, with_payload=payload, with_vectors=vectors
            )

    async def fetch(self, name: str, ids: Sequence[Any]) -> list[models.Record]:
        """Whole points, by id."""
        with translated("reading points", self.where):
            return await self.client.retrieve(name, ids, with_payload=True, with_vectors=True)

    async def count(self, name: str) -> int:
        """How many points are held, tombstones not counted."""
        with translated("counting points", self.where):
            return (await self.client.count(name, language.LIVE, exact=True)).count


def _layout(dimensions: int) -> dict[str, Any]:
    """A collection's layout: one graph for a tenant's points, and one for questions over a whole project."""
    return {
        "vectors_config": {"d": models.VectorParams(size=dimensions, distance=models.Distance.COSINE)},
        "sparse_vectors_config": {"s": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        "hnsw_config": models.HnswConfigDiff(m=16, ef_construct=100, payload_m=16),
    }
