"""The embedded index's folder: who holds it, what is found there, and when it may not be written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import qdrant_edge as edge

from graphmem.errors import DiskFull, EmbedderChanged, InvalidInput, StoreLocked, Unavailable
from graphmem.models import SparseVector
from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.testing.worlds import collect
from graphmem.vectors.edge import EdgeIndex
from graphmem.vectors.edge.faults import translated
from graphmem.vectors.edge.folder import duplicate
from tests.unit.vectors.traces import copies

pytestmark = pytest.mark.anyio


async def filled(folder: Path, pen: Pen, number: int = 40) -> list[str]:
    """An index with some memories, closed in order."""
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    points = pen.points(number)
    await index.upsert(points)
    await index.aclose()
    return [point.id for point in points]


async def reopened(folder: Path) -> tuple[int, bool]:
    """How many points are there, and whether the stop was clean."""
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    try:
        return await index.count(), index.clean
    finally:
        await index.aclose()


# --- who holds it -----------------------------------------------------------------------------------------


async def test_a_second_index_is_refused_and_told_who_holds_it(index: EdgeIndex, folder: Path) -> None:
    with pytest.raises(StoreLocked) as caught:
        await EdgeIndex(folder).open(FINGERPRINT)
    assert caught.value.holder == f"process {os.getpid()}"


async def test_another_process_is_refused_until_it_is_closed(folder: Path, pen: Pen) -> None:
    code = f"""
import asyncio
from graphmem.errors import StoreLocked
from graphmem.vectors.edge import EdgeIndex

async def main():
    index = EdgeIndex({str(folder)!r})
    try:
        await index.open({FINGERPRINT!r})
    except StoreLocked as error:
        print(error.holder)
    else:
        print(await index.count())
        await index.aclose()

asyncio.run(main())
"""
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    await index.upsert(pen.points(3))
    assert _said(code) == f"process {os.getpid()}"
    await index.aclose()
    assert _said(code) == "3"


async def test_a_failed_opening_holds_nothing(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    index = EdgeIndex(folder)
    with pytest.raises(EmbedderChanged):
        await index.open("another")
    assert await reopened(folder) == (40, True)


# --- what it was built with -------------------------------------------------------------------------------


async def test_another_embedder_is_told_how_to_go_on(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    with pytest.raises(EmbedderChanged, match="graphmem index rebuild") as caught:
        await EdgeIndex(folder).open("another")
    assert FINGERPRINT in caught.value.built_with
    assert "another" in caught.value.configured


async def test_points_can_be_of_any_length(folder: Path) -> None:
    """The index learns the length of its vectors from the first one; another length is refused."""
    pen = Pen()
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    await index.upsert([pen.point()])
    with pytest.raises(Unavailable, match="dim"):
        await index.upsert([pen.point(dense=pen.dense()[:7])])
    assert await index.count() == 1
    await index.aclose()


async def test_vectors_of_no_numbers_are_refused(index: EdgeIndex, pen: Pen) -> None:
    point = pen.point(dense=pen.dense() * float("nan"))
    with pytest.raises(InvalidInput, match=point.id):
        await index.upsert([point])
    assert await index.count() == 0


# --- how the last stop was --------------------------------------------------------------------------------


async def test_a_new_folder_is_not_clean(index: EdgeIndex) -> None:
    """Nobody knows what should be in it: whoever opens it has to compare."""
    assert not index.clean


async def test_an_unclean_stop_stays_one_until_somebody_looked(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    (folder / "state").write_text("open")
    assert await reopened(folder) == (40, False)
    assert await reopened(folder) == (40, False)
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    assert len(await collect(index.scan())) == 40
    await index.aclose()
    assert await reopened(folder) == (40, True)


async def test_while_it_is_open_the_stop_counts_as_unclean(index: EdgeIndex, folder: Path) -> None:
    assert (folder / "state").read_text() == "open"


async def test_a_copy_that_lost_points_is_not_clean(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    (folder / "state").write_text("closed:41")
    assert await reopened(folder) == (40, False)


# --- what a crash or a power cut leaves -------------------------------------------------------------------


@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_copy_that_kills_the_process_is_given_up_after_two_attempts(
    folder: Path, pen: Pen, attempts: int
) -> None:
    await filled(folder, pen)
    (folder / "state").write_text(f"opening:{attempts}")
    assert await reopened(folder) == ((40, False) if attempts < 2 else (0, False))


DAMAGES = [
    "segment.json",
    "edge_config.json",
    "version.info",
    "status.dat",
    "page_0.dat",
    "chunk_0.mmap",
    "config.json",
]


@pytest.mark.parametrize("name", DAMAGES)
async def test_damaged_files_empty_the_copy(folder: Path, pen: Pen, name: str) -> None:
    """After a power cut: whatever it took, the index opens, is empty, says so, and can be filled again."""
    await filled(folder, pen)
    cut(folder, name)
    (folder / "state").write_text("open")
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    assert await index.count() == 0
    assert not index.clean
    point = pen.point()
    await index.upsert([point])
    [[hit]] = await index.query([pen.ask(point.dense)])
    assert hit.id == point.id
    await index.aclose()


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_after_an_orderly_stop_is_no_end_either(folder: Path, pen: Pen, name: str) -> None:
    """Where opening does not notice, reading says so, and the next opening looks closer and starts empty."""
    await filled(folder, pen)
    cut(folder, name)
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)

    async def read_all() -> None:
        await index.query([pen.ask()])
        await collect(index.scan())

    if await index.count() == 0:
        assert not index.clean
        await index.aclose()
    else:
        with pytest.raises(Unavailable, match="rebuild"):
            await read_all()
        await index.aclose()
        assert await reopened(folder) == (0, False)


TEARS = {
    "the first one's payload": lambda ids: edge.UpdateOperation.clear_payload(ids[:1]),
    "the last one's revision": lambda ids: edge.UpdateOperation.delete_payload(ids[-1:], ["r"]),
    "the first one's vector": lambda ids: edge.UpdateOperation.delete_vectors(ids[:1], ["d"]),
    "the last one's vector": lambda ids: edge.UpdateOperation.delete_vectors(ids[-1:], ["d"]),
    "the last one's terms": lambda ids: edge.UpdateOperation.delete_vectors(ids[-1:], ["s"]),
}
"""What of a point a power cut may take where files are not of one moment."""


@pytest.mark.parametrize("part", TEARS)
async def test_points_with_parts_missing_empty_the_copy(folder: Path, pen: Pen, part: str) -> None:
    """After a power cut: the index opens, empty, whichever point is torn, and can be filled again."""
    await filled(folder, pen)
    tear(folder, part)
    (folder / "state").write_text("open")
    assert await reopened(folder) == (0, False)
    assert len(await filled(folder, pen)) == 40


@pytest.mark.parametrize("part", TEARS)
async def test_a_torn_point_met_later_is_not_forgotten(folder: Path, pen: Pen, part: str) -> None:
    """Where opening did not look, making a copy says so, and the next opening looks closer and starts empty."""
    await filled(folder, pen)
    tear(folder, part)
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    assert index.clean
    with pytest.raises(Unavailable, match=r"parts are missing.*rebuild"):
        await index.compact()
    await index.aclose()
    assert await reopened(folder) == (0, False)


def tear(folder: Path, part: str) -> None:
    """Take a part from a memory's point, in the shard's own files; nothing else is changed."""
    [path] = folder.glob("copy-*/memory")
    shard = edge.EdgeShard.load(str(path))
    records, _ = shard.scroll(edge.ScrollRequest(limit=100, with_payload=False, with_vector=False))
    shard.update(TEARS[part]([each.id for each in records]))
    shard.flush()
    shard.close()


def cut(folder: Path, name: str) -> None:
    """Empty all files of that name."""
    found = [path for path in folder.rglob(name) if path.is_file()]
    assert found
    for path in found:
        os.truncate(path, 0)


async def test_leftovers_of_a_crash_are_swept(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    left = folder / "copy-9" / "memory"
    left.mkdir(parents=True)
    (left / "half.bin").write_bytes(b"half")
    assert await reopened(folder) == (40, True)
    assert copies(folder) == ["copy-1"]


@pytest.mark.parametrize(
    "text", ["", "{", '{"copy": "copy-1"}', "[]", json.dumps({"copy": "gone", "fingerprint": "x"})]
)
async def test_an_unreadable_pointer_starts_empty(folder: Path, pen: Pen, text: str) -> None:
    await filled(folder, pen)
    (folder / "current").write_text(text)
    assert await reopened(folder) == (0, False)
    assert len(copies(folder)) == 1


async def test_too_many_open_files_cost_no_copy(folder: Path, pen: Pen) -> None:
    """What says nothing about the files on disk is passed on; the copy stays."""
    ids = await filled(folder, pen)
    code = f"""
import asyncio, resource
from graphmem.errors import Unavailable
from graphmem.vectors.edge import EdgeIndex

async def main():
    index = EdgeIndex({str(folder)!r})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in range(6, 40):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        try:
            await index.open({FINGERPRINT!r})
        except Unavailable:
            continue
        print(await index.count(), limit > 6)
        await index.aclose()
        return

asyncio.run(main())
"""
    assert _said(code) == f"{len(ids)} True"


# --- free space -------------------------------------------------------------------------------------------


async def test_without_enough_space_nothing_is_written(folder: Path, pen: Pen) -> None:
    await filled(folder, pen)
    index = EdgeIndex(folder, reserve=2**60)
    await index.open(FINGERPRINT)
    with pytest.raises(DiskFull) as caught:
        await index.upsert(pen.points(2))
    assert caught.value.needed > 2**60 > caught.value.free
    with pytest.raises(DiskFull):
        await index.compact()
    marks = [mark for batch in [each async for each in index.scan()] for mark in batch]
    await index.delete(marks[:10])
    assert await index.count() == 30
    await index.aclose()
    assert await reopened(folder) == (30, True)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Exception("IO: os error 28")])
def test_a_disk_that_fills_meanwhile_is_named(error: Exception) -> None:
    with pytest.raises(DiskFull, match="writing"), translated("writing"):
        raise error


def test_mistakes_of_ours_are_not_dressed_up() -> None:
    with pytest.raises(TypeError), translated("writing"):
        raise TypeError


async def test_an_empty_question_finds_nothing(index: EdgeIndex, pen: Pen) -> None:
    await index.upsert(pen.points(3))
    empty = SparseVector(indices=(), values=())
    assert await index.query([pen.ask(empty), pen.ask(limit=0), pen.ask(among=()), pen.ask(owners=())]) == [[]] * 4


def _said(code: str) -> str:
    """What a Python process prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_files_are_duplicated_with_their_holes(tmp_path: Path) -> None:
    """Whatever lies in them; holes take no space."""
    source, target = tmp_path / "a", tmp_path / "b"
    (source / "deep").mkdir(parents=True)
    target.mkdir()
    (source / "empty").touch()
    (source / "deep" / "full").write_bytes(bytes(range(256)) * 20_000)
    with (source / "deep" / "hollow").open("wb") as file:
        file.seek(8 * 2**20)
        file.write(b"middle")
        file.truncate(32 * 2**20)
    assert sum(duplicate(source, target)) >= 256 * 20_000
    for path in ("empty", "deep/full", "deep/hollow"):
        assert (target / path).read_bytes() == (source / path).read_bytes()
    if hasattr(os, "SEEK_DATA"):
        assert (target / "deep" / "hollow").stat().st_blocks * 512 < 2**20
