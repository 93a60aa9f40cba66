"""The embedded index and processes that end without warning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphmem.models import Point, SparseVector
from graphmem.queries import IndexFilter, VectorQuery
from graphmem.testing.points import FINGERPRINT
from graphmem.vectors.edge import EdgeIndex
from tests.unit.vectors.traces import copies

pytestmark = pytest.mark.anyio

IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(60)]


def written(number: int, revision: int) -> Point:
    """The point that a revision writes: all of it tells the revision."""
    vector = np.random.default_rng(revision).normal(size=16)
    return Point(
        id=IDS[number],
        kind=("memory", "relation")[number % 2],
        revision=revision,
        project="p",
        owner=f"user:{revision % 3}",
        dense=np.asarray(vector / np.linalg.norm(vector), dtype=np.float32),
        sparse=SparseVector(indices=(revision % 97,), values=(1.0,)),
    )


async def write_on(folder: str, compacting: bool) -> None:
    """Write for ever, and say what is done."""
    index = EdgeIndex(folder)
    await index.open(FINGERPRINT)
    marks = [mark async for batch in index.scan() for mark in batch]
    revision = max((mark.revision for mark in marks), default=0)
    while True:
        for number in range(len(IDS)):
            revision += 1
            await index.upsert([written(number, revision)])
            sys.stdout.write(f"{number} {revision}\n")
            sys.stdout.flush()
            if revision % 25 == 0:
                await index.flush()
        if compacting:
            await index.compact()


@pytest.mark.parametrize("compacting", [False, True])
async def test_what_was_written_survives_a_kill(folder: Path, compacting: bool) -> None:
    """Points, their filters and their vectors agree, at the revision told or the one that was under way."""
    for lines in (7, 61, 130):
        told = _killed_after(lines, folder, compacting)
        index = EdgeIndex(folder)
        await index.open(FINGERPRINT)
        assert not index.clean
        held = {mark.id: mark.revision async for batch in index.scan() for mark in batch}
        for number, revision in told.items():
            assert held[IDS[number]] >= revision
            await _agrees(index, written(number, held[IDS[number]]))
        await index.aclose()
        assert len(copies(folder)) == 1


async def _agrees(index: EdgeIndex, point: Point) -> None:
    filter_ = IndexFilter(project=point.project, owners=(point.owner,))
    dense = VectorQuery(kind=point.kind, filter=filter_, limit=1, dense=point.dense)
    sparse = VectorQuery(kind=point.kind, filter=filter_, limit=60, sparse=point.sparse)
    [[nearest], same_term] = await index.query([dense, sparse])
    assert (nearest.id, nearest.revision) == (point.id, point.revision)
    assert nearest.score == pytest.approx(1.0, abs=1e-5)
    assert point.id in {hit.id for hit in same_term}


def _killed_after(lines: int, folder: Path, compacting: bool) -> dict[int, int]:
    """What the process said that it wrote, before it was killed in the middle of going on."""
    code = f"import asyncio; from {__name__} import write_on; asyncio.run(write_on({str(folder)!r}, {compacting}))"
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as process:
        assert process.stdout is not None
        told = dict(tuple(map(int, process.stdout.readline().split())) for _ in range(lines))
        process.send_signal(signal.SIGKILL)
        return told
