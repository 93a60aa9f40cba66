"""The embedded index makes fresh copies: to erase, to search faster, and while others read and write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graphmem.changes import Mark
from graphmem.models import Point, SparseVector
from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.vectors.edge import EdgeIndex
from graphmem.vectors.edge import index as edge_index
from graphmem.vectors.edge.optimizer import optimize
from graphmem.vectors.edge.shards import Copy
from tests.unit.vectors.traces import contents, copies, files_with

pytestmark = pytest.mark.anyio


def marked(point: Point) -> Mark:
    return Mark(point.kind, point.id, point.revision)


def telling_vector() -> np.ndarray:
    """Of unit length as it is, so that it is stored to the bit."""
    vector = np.zeros(32, dtype=np.float32)
    vector[[3, 11, 19, 29]] = [0.5, -0.5, 0.5, -0.5]
    return vector


# --- what stays ------------------------------------------------------------------------------------------


async def test_nothing_is_kept_in_the_clear(index: EdgeIndex, folder: Path) -> None:
    pen = Pen()
    document = {"user_id": "anastasia", "metadata": {"clinic": "oncology"}, "categories": ["diagnosis"]}
    await index.upsert([pen.of(document) for _ in range(3)])
    await index.flush()
    written = b"".join(part for _, part in contents(folder))
    assert written
    for word in ("anastasia", "clinic", "oncology", "diagnosis", pen.project):
        assert word.encode() not in written


@pytest.mark.parametrize("how", ["compact", "rebuild"])
async def test_a_fresh_copy_erases_what_was_deleted(index: EdgeIndex, folder: Path, pen: Pen, how: str) -> None:
    gone, stays = pen.point(dense=telling_vector()), pen.points(20)
    bytes_ = gone.dense.tobytes()
    await index.upsert([gone, *stays])
    await index.delete([marked(gone)])
    await index.flush()
    assert files_with(folder, bytes_), "deleting alone is expected to leave the bytes, else this test says nothing"
    if how == "compact":
        await index.compact()
    else:
        await index.rebuild(FINGERPRINT, _once(stays))
    assert files_with(folder, bytes_) == []
    assert files_with(folder, stays[0].dense.tobytes())
    assert await index.count() == 20
    assert len(copies(folder)) == 1


# --- while others read and write -----------------------------------------------------------------------------


async def test_a_cancelled_copy_leaves_no_trace(index: EdgeIndex, folder: Path, pen: Pen) -> None:
    points = pen.points(300)
    await index.upsert(points)
    before = copies(folder)
    for rounds in (0, 1, 3, 8):
        task = asyncio.create_task(index.compact())
        for _ in range(rounds):
            await index.count()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await index.upsert([replace(points[0], revision=rounds + 2)])
        assert await index.count() == 300
        assert copies(folder) == before
    await index.compact()
    assert await index.count() == 300


async def test_closing_in_the_middle_of_a_copy_keeps_the_old_one(folder: Path, pen: Pen) -> None:
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    points = pen.points(200)
    await index.upsert(points)

    async def closing() -> AsyncIterator[Sequence[Point]]:
        yield points[:50]
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await index.rebuild(FINGERPRINT, closing())
    await index.aclose()
    await index.open(FINGERPRINT)
    assert await index.count() == 200
    await index.aclose()


async def test_deleted_while_it_is_rebuilt_stays_deleted(index: EdgeIndex, pen: Pen) -> None:
    """Also where the store's batch, read before the deletion, still brings it."""
    points = pen.points(30)
    await index.upsert(points)

    async def meanwhile() -> AsyncIterator[Sequence[Point]]:
        await index.delete([marked(points[0])])
        await index.upsert([replace(points[1], revision=5)])
        yield points

    await index.rebuild(FINGERPRINT, meanwhile())
    held = {mark.id: mark.revision async for batch in index.scan() for mark in batch}
    assert points[0].id not in held
    assert held[points[1].id] == 5
    assert len(held) == 29


# --- the search graph ------------------------------------------------------------------------------------


async def test_large_kinds_get_a_search_graph(folder: Path, pen: Pen) -> None:
    """It finds what is there, and what is written afterwards is found as well."""
    index = EdgeIndex(folder, index_from=400)
    await index.open(FINGERPRINT)
    points, few = pen.points(500), pen.points(20, kind="entity")
    await index.upsert([*points, *few])
    await index.compact()
    await index.aclose()
    copy = Copy(folder / copies(folder)[0])
    copy.load()
    assert [copy.unindexed(kind) for kind in ("memory", "entity")] == [(0, 500), (20, 0)]
    copy.close()
    await index.open(FINGERPRINT)
    assert index.clean
    new = pen.point()
    await index.upsert([new, replace(points[7], revision=2, dense=pen.dense())])
    await index.delete([marked(points[8])])
    for point in (*points[::50], new, few[0]):
        [hits] = await index.query([pen.ask(point.dense, kind=point.kind)])
        assert hits[0].id == point.id
    [hits] = await index.query([pen.ask(points[8].dense, limit=600)])
    assert points[8].id not in {hit.id for hit in hits}
    await index.aclose()


async def test_the_graph_comes_by_itself(folder: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the background, without losing what is written meanwhile; and not again before it is worth it."""
    monkeypatch.setattr(edge_index, "_FLUSH_AFTER", 100)
    monkeypatch.setattr(edge_index, "_LULL", 0.0)
    index = EdgeIndex(folder, index_from=250)
    await index.open(FINGERPRINT)
    points = pen.points(260)
    await index.upsert(points)
    task = index._background
    assert task is not None
    more = pen.points(40)
    for point in more:
        await index.upsert([point])
    await task
    assert index._background is None
    assert await index.count() == 300
    [hits] = await index.query([pen.ask(more[-1].dense)])
    assert hits[0].id == more[-1].id
    await index.upsert(pen.points(100))
    assert index._background is None
    await index.aclose()
    assert copies(folder) == ["copy-2"]


async def test_the_graph_waits_until_a_load_is_over(folder: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is copied meanwhile; what was closed before it came gets it when it is opened again."""
    monkeypatch.setattr(edge_index, "_FLUSH_AFTER", 100)
    monkeypatch.setattr(edge_index, "_LULL", 3_600.0)
    index = EdgeIndex(folder, index_from=250)
    await index.open(FINGERPRINT)
    points = pen.points(300)
    await index.upsert(points)
    assert index._background is not None
    await index.upsert(pen.points(300))
    assert copies(folder) == ["copy-1"]
    await index.aclose()
    monkeypatch.setattr(edge_index, "_LULL", 0.0)
    await index.open(FINGERPRINT)
    assert index._background is not None
    await index._background
    assert index._holding.copy.unindexed("memory") == (0, 600)
    [hits] = await index.query([pen.ask(points[5].dense)])
    assert hits[0].id == points[5].id
    await index.aclose()
    assert copies(folder) == ["copy-2"]


async def test_a_load_without_end_gets_its_graph(folder: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_index, "_FLUSH_AFTER", 100)
    monkeypatch.setattr(edge_index, "_LULL", 3_600.0)
    monkeypatch.setattr(edge_index, "_PATIENCE", 0.0)
    index = EdgeIndex(folder, index_from=250)
    await index.open(FINGERPRINT)
    points, few = pen.points(300), pen.points(30, kind="entity")
    await index.upsert([*points, *few])
    task = index._background
    assert task is not None
    changed = [replace(point, revision=2, dense=pen.dense()) for point in points[:200]]
    while not task.done():
        await index.upsert([changed[0]])
        await index.delete([marked(points[-1])])
        changed = [*changed[1:], changed[0]]
    await index.upsert(changed)
    assert await index.count() == 329
    assert index._holding.copy.unindexed("entity") == (30, 0)
    for point in (changed[0], changed[-1], points[250], few[3]):
        [hits] = await index.query([pen.ask(point.dense, kind=point.kind)])
        assert (hits[0].id, hits[0].revision) == (point.id, point.revision)
    await index.aclose()


async def test_closing_ends_the_building_of_a_graph(folder: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_index, "_FLUSH_AFTER", 100)
    monkeypatch.setattr(edge_index, "_LULL", 0.0)
    index = EdgeIndex(folder, index_from=250)
    await index.open(FINGERPRINT)
    await index.upsert(pen.points(300))
    assert index._background is not None
    await index.aclose()
    assert copies(folder) == ["copy-1"]
    await index.open(FINGERPRINT)
    assert index.clean
    assert await index.count() == 300
    await index.aclose()


async def test_a_graph_that_cannot_be_built_is_done_without(
    folder: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", "")
    index = EdgeIndex(folder, index_from=100)
    await index.open(FINGERPRINT)
    points = pen.points(120)
    await index.upsert(points)
    await index.compact()
    assert "No search graph" in caplog.text
    [hits] = await index.query([pen.ask(points[3].dense)])
    assert hits[0].id == points[3].id
    await index.aclose()


async def test_a_shard_that_cannot_be_opened_is_not_optimized(tmp_path: Path) -> None:
    assert not await optimize(tmp_path / "nothing")


# --- one partition, several --------------------------------------------------------------------------------


async def test_who_is_not_alone_is_asked_for(index: EdgeIndex, pen: Pen) -> None:
    """The filter that is left out where all points are one partition's comes back with the first of another."""
    anas = pen.points(30)
    await index.upsert(anas)
    asked = pen.ask(anas[3].dense, owners=("user:ana",), limit=100)
    bos = pen.ask(anas[3].dense, owners=("user:bo",), limit=100)
    hits, others = await index.query([asked, bos])
    assert (len(hits), others) == (30, [])
    new = pen.point(owner="user:bo", dense=anas[3].dense)
    await index.upsert([new])
    hits, others = await index.query([asked, bos])
    assert {hit.id for hit in hits} == {point.id for point in anas}
    assert [hit.id for hit in others] == [new.id]
    await index.delete([marked(new)])
    hits, others = await index.query([asked, bos])
    assert (len(hits), others) == (30, [])


# --- term statistics ---------------------------------------------------------------------------------------


async def test_statistics_of_terms_are_the_partitions_own(index: EdgeIndex, pen: Pen) -> None:
    """A term that is rare for Ana ranks first for her, however often others use it."""
    rare, common = SparseVector(indices=(1,), values=(1.0,)), SparseVector(indices=(2,), values=(1.0,))
    anas = [pen.point(sparse=rare), *pen.points(9, sparse=common)]
    others = [pen.point(sparse=rare, owner="user:bo") for _ in range(300)]
    await index.upsert([*anas, *others])
    asked = pen.ask(SparseVector(indices=(1, 2), values=(1.0, 1.0)), owners=("user:ana",))
    [hits] = await index.query([asked])
    assert hits[0].id == anas[0].id
    assert hits[0].score > 2 * hits[1].score


async def _once(points: Sequence[Point]) -> AsyncIterator[Sequence[Point]]:
    yield points
