"""The vector cache in front of an embedder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from graphmem.abc import Embedder, VectorCache
from graphmem.embed import CachedEmbedder, HashingEmbedder, content_key
from graphmem.errors import ConfigurationError, ModelUnavailable

pytestmark = pytest.mark.anyio


class DictCache(VectorCache):
    def __init__(self) -> None:
        self.vectors: dict[tuple[str, str], bytes] = {}

    async def get_many(self, fingerprint: str, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: raw for key in keys if (raw := self.vectors.get((fingerprint, key))) is not None}

    async def put_many(self, fingerprint: str, vectors: Mapping[str, bytes]) -> None:
        self.vectors.update({(fingerprint, key): raw for key, raw in vectors.items()})

    async def clear(self) -> int:
        forgotten = len(self.vectors)
        self.vectors.clear()
        return forgotten


class Listening(HashingEmbedder):
    """Notes what it was asked; `shy` about its dimensions until then."""

    def __init__(self, dimensions: int = 8, *, shy: bool = False) -> None:
        super().__init__(dimensions)
        self.asked: list[list[str]] = []
        self.closed = False
        self.shy = shy

    @property
    def dimensions(self) -> int:
        if self.shy and not self.asked:
            raise ConfigurationError("Only known after the first call.")
        return super().dimensions

    @property
    def fingerprint(self) -> str:
        return f"listening:{self.dimensions}"

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        return await super().embed(texts, kind=kind)

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def cache() -> DictCache:
    return DictCache()


async def test_a_text_is_embedded_once(cache: DictCache) -> None:
    inner = Listening()
    embedder = CachedEmbedder(inner, cache)
    first = await embedder.embed(["Ana", "Bob", "Ana"])
    again = await embedder.embed(["Bob", "Eve", "Ana"])
    assert inner.asked == [["Ana", "Bob"], ["Eve"]]
    expected = await HashingEmbedder(8).embed(["Ana", "Bob", "Ana", "Bob", "Eve", "Ana"])
    np.testing.assert_array_equal(np.concatenate([first, again]), expected)
    assert again.dtype == np.float32
    assert (await embedder.embed(["Ana"])).flags.writeable


async def test_it_outlives_the_process_and_holds_no_text(cache: DictCache) -> None:
    await CachedEmbedder(Listening(), cache).embed(["Ana"])
    inner = Listening()
    await CachedEmbedder(inner, cache).embed(["Ana"])
    assert inner.asked == []
    assert list(cache.vectors) == [("listening:8", content_key("Ana"))]
    assert [len(raw) for raw in cache.vectors.values()] == [8 * 4]


async def test_embedders_do_not_share_vectors(cache: DictCache) -> None:
    await CachedEmbedder(Listening(8), cache).embed(["Ana"])
    inner = Listening(16)
    assert (await CachedEmbedder(inner, cache).embed(["Ana"])).shape == (1, 16)
    assert inner.asked == [["Ana"]]


async def test_questions_stay_in_memory_and_apart_from_documents(cache: DictCache) -> None:
    inner = Listening()
    embedder = CachedEmbedder(inner, cache)
    for _ in range(2):
        await embedder.embed(["Where is Ana?"], kind="query")
    assert inner.asked == [["Where is Ana?"]]
    assert not cache.vectors
    await embedder.embed(["Where is Ana?"])
    assert len(inner.asked) == 2


async def test_the_oldest_questions_are_dropped(cache: DictCache) -> None:
    inner = Listening()
    embedder = CachedEmbedder(inner, cache)
    await embedder.embed(["first", "second"], kind="query")
    await embedder.embed([f"question {n}" for n in range(254)], kind="query")
    await embedder.embed(["first"], kind="query")  # used again, so "second" is now the oldest
    await embedder.embed(["one more"], kind="query")
    inner.asked.clear()
    await embedder.embed(["first", "second"], kind="query")
    assert inner.asked == [["second"]]
    assert (await embedder.embed([f"q{n}" for n in range(1000)], kind="query")).shape == (1000, 8)


async def test_a_damaged_entry_is_embedded_and_written_again(cache: DictCache) -> None:
    cache.vectors["listening:8", content_key("Ana")] = b"short"
    inner = Listening()
    await CachedEmbedder(inner, cache).embed(["Ana"])
    assert inner.asked == [["Ana"]]
    assert len(cache.vectors["listening:8", content_key("Ana")]) == 32


async def test_unknown_dimensions_are_learned_on_the_way(cache: DictCache) -> None:
    inner = Listening(shy=True)
    embedder = CachedEmbedder(inner, cache)
    with pytest.raises(ConfigurationError):
        embedder.fingerprint  # noqa: B018
    await embedder.embed(["Ana"])
    await embedder.embed(["Ana"])
    assert inner.asked == [["Ana"]]
    assert (embedder.fingerprint, embedder.dimensions) == ("listening:8", 8)


async def test_no_texts_are_no_rows(cache: DictCache) -> None:
    embedder = CachedEmbedder(Listening(), cache)
    assert (await embedder.embed([])).shape == (0, 8)
    assert (await embedder.embed([], kind="query")).shape == (0, 8)


async def test_a_failure_is_passed_on_and_nothing_remembered(cache: DictCache) -> None:
    class Failing(Listening):
        async def embed(
            self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
        ) -> NDArray[np.float32]:
            raise ModelUnavailable("The model is gone.")

    with pytest.raises(ModelUnavailable):
        await CachedEmbedder(Failing(), cache).embed(["Ana"])
    assert not cache.vectors


async def test_closing_closes_the_embedder(cache: DictCache) -> None:
    inner = Listening()
    embedder: Embedder = CachedEmbedder(inner, cache)
    await embedder.aclose()
    assert inner.closed
