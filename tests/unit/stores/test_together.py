"""Several writers on one partition: tasks, stores, processes, and processes that die."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.worlds import Scribe
from tests.unit.stores.counting import PARTITION, count

pytestmark = pytest.mark.anyio

PROGRAM = str(Path(__file__).with_name("counting.py"))


async def begin(store: SQLiteStore) -> tuple[Scribe, str]:
    scribe = Scribe(store, PARTITION.project, user_id="ana")
    memory = scribe.memory("0")
    await scribe.write(memory, scribe.revision(memory))
    return scribe, memory.id


async def check(scribe: Scribe, memory_id: str, total: int) -> None:
    (memory,) = (await scribe.known(memory_ids=frozenset({memory_id}))).memories.values()
    assert int(memory.text) == total
    history = await scribe.store.history(scribe.project, memory_id)
    assert sorted(int(entry.new_text) for entry in history) == list(range(total + 1))
    assert memory.revision == await scribe.sequence() == total + 1


async def test_tasks_and_stores_lose_no_update(store) -> None:
    scribe, memory_id = await begin(store)
    beside = SQLiteStore(store.path)
    await beside.open()
    conflicts = await asyncio.gather(*(count(each, memory_id, 10) for each in (store, beside, store, beside)))
    await beside.aclose()
    assert sum(conflicts) > 0
    await check(scribe, memory_id, 40)


def test_processes_lose_no_update(tmp_path) -> None:
    path = tmp_path / "graph.sqlite"
    memory_id = asyncio.run(_prepared(path))
    started = [
        subprocess.Popen([sys.executable, PROGRAM, str(path), memory_id, "25"], stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait(120) for process in started] == [0, 0]
    asyncio.run(_checked(path, memory_id, 50))


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_killed_process_loses_nothing_that_it_told(tmp_path, after: int) -> None:
    path = tmp_path / "graph.sqlite"
    memory_id = asyncio.run(_prepared(path))
    with subprocess.Popen(
        [sys.executable, PROGRAM, str(path), memory_id, "100000"], stdout=subprocess.PIPE, text=True
    ) as process:
        told = sum(1 for _ in zip(range(after), process.stdout, strict=False))
        process.send_signal(signal.SIGKILL)
        told += len(process.stdout.readlines())
    assert told >= after
    total = asyncio.run(_counted(path, memory_id))
    assert told <= total <= told + 1  # the last may have been written and not told
    asyncio.run(_checked(path, memory_id, total))


async def _prepared(path: Path) -> str:
    store = SQLiteStore(path)
    await store.open()
    _, memory_id = await begin(store)
    await store.aclose()
    return memory_id


async def _counted(path: Path, memory_id: str) -> int:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (text,) = connection.execute("SELECT text FROM memory WHERE id = ?", (memory_id,)).fetchone()
    connection.close()
    return int(text)


async def _checked(path: Path, memory_id: str, total: int) -> None:
    store = SQLiteStore(path)
    await store.open()
    await check(Scribe(store, PARTITION.project, user_id="ana"), memory_id, total)
    await store.aclose()
