"""An embedder for tests: deterministic, offline, without any model."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from graphmem.abc import Embedder
from graphmem.embed.rows import unit_rows
from graphmem.errors import ConfigurationError
from graphmem.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["HashingEmbedder"]


class HashingEmbedder(Embedder):
    """Texts are near each other as far as they share words; it knows no meaning.

    Each word stands for a random direction, fixed by its hash, and a text for the sum of its words': a random
    projection (Achlioptas 2003, https://doi.org/10.1016/S0022-0000(03)00025-4). The same on every machine.
    """

    def __init__(self, dimensions: int = 64) -> None:
        if not 1 <= dimensions <= 65536:
            raise ConfigurationError(
                f"An embedder cannot have {dimensions} dimensions.", hint="Use 1 to 65536.", setting="dimensions"
            )
        self._dimensions = dimensions
        self._direction = lru_cache(maxsize=4096)(self._directed)

    @property
    def fingerprint(self) -> str:
        """`hashing:1:DIMENSIONS`."""
        return f"hashing:1:{self._dimensions}"

    @property
    def dimensions(self) -> int:
        """As given."""
        return self._dimensions

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text; queries and documents alike."""
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in words(text):
                row += self._direction(word)
        return unit_rows(rows)

    def _directed(self, word: str) -> NDArray[np.float32]:
        seed = hashlib.shake_128(word.encode("utf-8", "surrogatepass")).digest((self._dimensions + 7) // 8)
        bits = np.unpackbits(np.frombuffer(seed, dtype=np.uint8), count=self._dimensions)
        return bits.astype(np.float32) * 2 - 1
