"""Vectors remembered by content: a text is embedded once, however often it is written."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Literal

import numpy as np

from graphmem.abc import Embedder, VectorCache
from graphmem.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["CachedEmbedder", "content_key"]

_QUERIES = 256
"""Questions kept in memory: they come in bursts (a page further, another filter) and are stored nowhere."""


def content_key(text: str) -> str:
    """The key of a text in a `VectorCache`: 32 hexadecimal digits (BLAKE2b-128)."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class CachedEmbedder(Embedder):
    """An embedder with a memory: documents in `cache`, the latest questions in this process.

    Worth it where a vector costs money or milliseconds; the bundled embedder is faster than any cache.
    """

    def __init__(self, embedder: Embedder, cache: VectorCache) -> None:
        self._embedder = embedder
        self._cache = cache
        self._queries: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    @property
    def fingerprint(self) -> str:
        """The embedder's own."""
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        """The embedder's own."""
        return self._embedder.dimensions

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text; each distinct unknown one is embedded once."""
        keys = [content_key(text) for text in texts]
        known = self._recent(keys) if kind == "query" else await self._stored(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing or not texts:
            rows = await self._embedder.embed(list(missing.values()), kind=kind)
            if not texts:
                return rows
            new = dict(zip(missing, rows, strict=True))
            known |= new
            if kind == "query":
                self._remember(new)
            else:
                vectors = {key: row.astype("<f4").tobytes() for key, row in new.items()}
                await self._cache.put_many(self.fingerprint, vectors)
        return np.stack([known[key] for key in keys])

    async def aclose(self) -> None:
        """Close the embedder; the cache belongs to whoever opened it."""
        await self._embedder.aclose()

    async def _stored(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        try:
            fingerprint, size = self.fingerprint, self.dimensions * 4
        except ConfigurationError:  # the first call has yet to tell the dimensions, and so what to look for
            return {}
        found = await self._cache.get_many(fingerprint, list(dict.fromkeys(keys)))
        # An entry of another length is damaged: it is embedded, and written, again.
        return {key: np.frombuffer(raw, dtype="<f4") for key, raw in found.items() if len(raw) == size}

    def _recent(self, keys: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        for key in keys:
            if key in self._queries:
                self._queries.move_to_end(key)
        return {key: self._queries[key] for key in keys if key in self._queries}

    def _remember(self, rows: dict[str, NDArray[np.float32]]) -> None:
        self._queries.update(rows)
        while len(self._queries) > _QUERIES:
            self._queries.popitem(last=False)
