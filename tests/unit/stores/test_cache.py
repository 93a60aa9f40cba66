"""The vector cache: a small file of its own."""

from __future__ import annotations

import asyncio

import pytest

from graphmem.errors import ConfigurationError, CorruptStore
from graphmem.stores.sqlite import SQLiteStore, SQLiteVectorCache

pytestmark = pytest.mark.anyio

VECTOR = b"\x00\x00\x80\x3f" * 8


@pytest.fixture
async def cache(tmp_path):
    cache = SQLiteVectorCache(tmp_path / "cache.sqlite")
    yield cache
    await cache.aclose()


async def test_vectors_are_kept_by_embedder_and_key(cache) -> None:
    assert await cache.get_many("one", ["a"]) == {}
    await cache.put_many("one", {"a": VECTOR, "b": VECTOR[:4]})
    await cache.put_many("two", {"a": b"\x00" * 8})
    assert await cache.get_many("one", ["a", "b", "c"]) == {"a": VECTOR, "b": VECTOR[:4]}
    assert await cache.get_many("two", ["a", "b"]) == {"a": b"\x00" * 8}
    await cache.put_many("one", {"a": VECTOR[:8]})
    assert await cache.get_many("one", ["a"]) == {"a": VECTOR[:8]}
    await cache.put_many("one", {})
    assert await cache.get_many("one", []) == {}


async def test_it_outlives_its_closing(cache) -> None:
    await cache.put_many("one", {"a": VECTOR})
    await cache.aclose()
    await cache.aclose()
    assert await cache.get_many("one", ["a"]) == {"a": VECTOR}


async def test_many_may_use_it_first(tmp_path) -> None:
    caches = [SQLiteVectorCache(tmp_path / "cache.sqlite") for _ in range(3)]
    await asyncio.gather(
        *(cache.put_many("one", {f"{n}{m}": VECTOR}) for n, cache in enumerate(caches) for m in range(4))
    )
    keys = [f"{n}{m}" for n in range(3) for m in range(4)]
    assert (await caches[0].get_many("one", keys)).keys() == set(keys)
    for cache in caches:
        await cache.aclose()


async def test_what_was_cleared_is_in_no_file(cache, tmp_path) -> None:
    vectors = {f"key-{n:04}-end": b"vector %04d" % n * 30 for n in range(300)}
    await cache.put_many("one", vectors)
    await cache.put_many("two", vectors)
    assert await cache.clear() == 600
    assert await cache.clear() == 0
    assert await cache.get_many("two", list(vectors)) == {}
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"vector 0" not in content
    assert b"key-0" not in content


async def test_a_file_that_is_no_cache(tmp_path) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"something else" * 500)
    with pytest.raises(CorruptStore):
        await SQLiteVectorCache(tmp_path / "cache.sqlite").get_many("one", ["a"])
    with pytest.raises(ConfigurationError):
        await SQLiteVectorCache(tmp_path / "none" / "cache.sqlite").get_many("one", ["a"])


async def test_a_store_and_a_cache_are_not_taken_for_each_other(tmp_path, cache) -> None:
    await cache.put_many("one", {"a": VECTOR})
    store = SQLiteStore(cache.path)
    with pytest.raises(ConfigurationError):
        await store.open()
