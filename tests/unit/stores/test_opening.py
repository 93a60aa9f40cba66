"""Opening, closing, and what stands in the way of either."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType

import pytest

from graphmem.errors import ConfigurationError, CorruptStore, DiskFull, InvalidInput, Unavailable
from graphmem.queries import MemoryQuery
from graphmem.stores.sqlite import SQLiteStore
from graphmem.stores.sqlite.migrate import APPLICATIONS
from graphmem.testing.worlds import Scribe

pytestmark = pytest.mark.anyio


async def test_opening_and_closing_are_idempotent(tmp_path) -> None:
    store = SQLiteStore(str(tmp_path / "new" / "folder" / "graph.sqlite"))
    await store.aclose()
    await store.open()
    await store.open()
    scribe = Scribe(store)
    memory = scribe.memory()
    await scribe.write(memory)
    await store.aclose()
    await store.aclose()
    await store.open()
    assert await scribe.get(memory) is not None
    await store.aclose()
    assert [file.name for file in store.path.parent.iterdir()] == ["graph.sqlite"]


async def test_a_closed_store_says_so(tmp_path) -> None:
    store = SQLiteStore(tmp_path / "graph.sqlite")
    scribe = Scribe(store)
    for attempt in (store.tally(), store.settle([]), scribe.write(), anext(store.dump()), anext(store.scan())):
        with pytest.raises(Unavailable, match="closed"):
            await attempt


async def test_several_open_a_new_file_at_once(tmp_path) -> None:
    stores = [SQLiteStore(tmp_path / "graph.sqlite") for _ in range(6)]
    await asyncio.gather(*(store.open() for store in stores))
    scribes = [Scribe(store) for store in stores]
    await asyncio.gather(*(scribe.write(scribe.memory()) for scribe in scribes))
    assert (await stores[0].tally())["memories"] == 6
    await asyncio.gather(*(store.aclose() for store in stores))


def test_several_processes_open_a_new_file_at_once(tmp_path) -> None:
    program = (
        "import asyncio, sys\n"
        "from graphmem.stores.sqlite import SQLiteStore\n"
        "async def main():\n"
        "    store = SQLiteStore(sys.argv[1])\n"
        "    await store.open()\n"
        "    await store.put_setting('p', sys.argv[2], 1)\n"
        "    await store.aclose()\n"
        "asyncio.run(main())\n"
    )
    path = tmp_path / "graph.sqlite"
    started = [subprocess.Popen([sys.executable, "-c", program, str(path), f"s{n}"]) for n in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]

    async def settings() -> list[int]:
        store = SQLiteStore(path)
        await store.open()
        found = [await store.setting("p", f"s{n}") for n in range(3)]
        await store.aclose()
        return found

    assert asyncio.run(settings()) == [1, 1, 1]


async def test_a_newer_schema_is_not_touched(tmp_path, store) -> None:
    await store.aclose()
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigurationError, match=r"schema version 99.*pip install --upgrade graphmem"):
        await store.open()


async def test_another_programs_database_is_not_touched(tmp_path) -> None:
    for statement in ("CREATE TABLE bookmarks (url TEXT)", f"PRAGMA application_id = {APPLICATIONS['cache']}"):
        path = tmp_path / f"{len(statement)}.sqlite"
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()
        with pytest.raises(ConfigurationError, match="another kind or program"):
            await SQLiteStore(path).open()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but quite long" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_file_that_is_no_database(tmp_path, content: bytes) -> None:
    path = tmp_path / "graph.sqlite"
    path.write_bytes(content)
    with pytest.raises(CorruptStore) as caught:
        await SQLiteStore(path).open()
    assert caught.value.problems
    assert "backup" in str(caught.value)
    assert path.read_bytes() == content


async def test_damage_inside_is_found_when_it_is_read(tmp_path, scribe) -> None:
    await scribe.write(*(scribe.memory(f"memory number {n}") for n in range(200)))
    store = scribe.store
    await store.aclose()
    content = bytearray(store.path.read_bytes())
    for page in range(len(content) // 8192 * 4096, len(content), 4096):
        content[page : page + 64] = b"\xff" * 64
    store.path.write_bytes(content)
    await store.open()
    with pytest.raises(CorruptStore, match="damaged"):
        await scribe.texts()
    await store.aclose()


async def test_a_folder_that_cannot_be_made(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="cannot be made") as caught:
        await SQLiteStore(tmp_path / "file" / "graph.sqlite").open()
    assert caught.value.setting == "path"


def test_a_folder_that_cannot_be_written() -> None:
    """In a process of its own, without the rights of root, which may write everywhere."""
    program = (
        "import asyncio, os, sys\n"
        "from graphmem.errors import ConfigurationError\n"
        "from graphmem.stores.sqlite import SQLiteStore\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try:\n"
        "    asyncio.run(SQLiteStore(sys.argv[1]).open())\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", program, f"{folder}/graph.sqlite"], capture_output=True, text=True, check=False
        )
        assert list(Path(folder).iterdir()) == []
    assert "cannot be written" in done.stdout, done.stderr
    assert "permission" in done.stdout


async def test_a_store_that_became_read_only(scribe) -> None:
    await scribe.write(scribe.memory())
    scribe.store._pool._session.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        await scribe.write(scribe.memory())


async def test_a_full_disk_leaves_nothing_half_written(scribe) -> None:
    ana = scribe.entity("Ana")
    await scribe.write(ana, scribe.memory("before", about=[ana]))
    connection = scribe.store._pool._session.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    before = await scribe.store.tally(), await scribe.sequence()
    with pytest.raises(DiskFull, match="full") as caught:
        await scribe.write(scribe.memory("after " * 100_000, about=[ana]))
    assert caught.value.free > 0
    assert (await scribe.store.tally(), await scribe.sequence()) == before
    connection.execute("PRAGMA max_page_count = 1000000")
    await scribe.write(scribe.memory("after " * 100_000, about=[ana]))
    assert len(await scribe.texts()) == 2


async def test_another_writer_that_does_not_finish(scribe) -> None:
    other = sqlite3.connect(scribe.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    scribe.store._pool._session.connection.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(Unavailable, match="Another process is writing") as caught:
        await scribe.write(scribe.memory())
    assert caught.value.retry_after > 0
    assert await scribe.texts() == set()
    other.execute("ROLLBACK")
    other.close()
    await scribe.write(scribe.memory("now"))
    assert await scribe.texts() == {"now"}


async def test_changes_of_long_ago_are_forgotten(scribe) -> None:
    change = scribe.change(scribe.memory())
    await scribe.store.apply(change)
    assert (await scribe.store.apply(change))[0].repeated
    store = scribe.store
    await store.aclose()
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE applied SET at = at - 31 * 86400 * 1000000")
    connection.commit()
    connection.close()
    await store.open()
    await scribe.write(scribe.memory())
    (row,) = await store._pool.read(
        lambda session: session.connection.execute("SELECT count(*) FROM applied").fetchone()
    )
    assert row == 1


async def test_a_cancelled_write_is_whole(scribe) -> None:
    memories = [scribe.memory(f"number {n}") for n in range(300)]
    task = asyncio.create_task(scribe.store.apply(scribe.change(*memories)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await scribe.store.mark([])  # behind it in the writing thread
    assert len(await scribe.texts()) in (0, 300)


async def test_an_abandoned_dump_lets_go(scribe) -> None:
    await scribe.write(*(scribe.memory(f"number {n}") for n in range(1_200)))
    dump = scribe.store.dump()
    first = await anext(dump)
    assert len(first.operations) == 500
    await dump.aclose()
    assert (await scribe.store.purge())["bytes"] >= 0  # would wait for a reader


async def test_a_dump_is_one_state(scribe) -> None:
    await scribe.write(*(scribe.memory(f"number {n}") for n in range(700)))
    changes = []
    async for change in scribe.store.dump():
        changes.append(change)
        await scribe.write(scribe.memory("written meanwhile", created_at=scribe.now().replace(year=2030)))
    assert [len(change.operations) for change in changes] == [500, 200]
    assert [change.sequence for change in changes] == [0, 1]


async def test_hasty_writes_are_followed_by_careful_ones(scribe) -> None:
    session = scribe.store._pool._session

    def level() -> int:
        return session.connection.execute("PRAGMA synchronous").fetchone()[0]

    assert level() == 2
    await scribe.store.settle([])
    await scribe.store.mark([])  # behind it in the writing thread
    assert level() == 2
    with session.hasty():
        assert level() == 1


async def test_what_could_not_be_settled_is_settled_with_the_next(scribe) -> None:
    connection = scribe.store._pool._session.connection
    await scribe.write(scribe.memory("one"))
    connection.execute("PRAGMA query_only = 1")
    await scribe.store.settle(await scribe.store.pending(10))
    with pytest.raises(ConfigurationError, match="readonly"):
        await scribe.store.tally()
    assert len(await scribe.store.pending(10)) == 1
    connection.execute("PRAGMA query_only = 0")
    await scribe.write(scribe.memory("two"))
    [_, second] = await scribe.store.pending(10)
    await scribe.store.settle([second])
    assert await scribe.store.pending(10) == []


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"text": "half \ud83d"}, "surrogate"),
        ({"metadata": {"a": {1, 2}}}, "JSON"),
        ({"metadata": {"a": float("nan")}}, "JSON"),
        ({"metadata": {"a": ["x\0y"]}}, "NUL"),
        ({"metadata": {"a\0b": [{"c": 1}]}}, "NUL"),
    ],
)
async def test_what_cannot_be_stored_is_refused_whole(scribe, over: dict, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        await scribe.write(scribe.memory("before"), scribe.memory(**over))
    assert await scribe.texts() == set()


async def test_mappings_and_escapes_are_json(scribe) -> None:
    memory = scribe.memory(metadata=MappingProxyType({"a": MappingProxyType({"b": "\\u0000"})}))
    await scribe.write(memory)
    assert (await scribe.get(memory)).metadata == {"a": {"b": "\\u0000"}}


async def test_a_number_that_is_too_large(scribe) -> None:
    with pytest.raises(InvalidInput, match="too large"):
        await scribe.store.pending(2**70)
    with pytest.raises(InvalidInput, match="cursor"):
        await scribe.store.find(MemoryQuery(view=scribe.view(), cursor="bm90IGpzb24="))


async def test_waiting_for_another_to_switch_to_the_log(tmp_path) -> None:
    path = tmp_path / "graph.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    store = SQLiteStore(path)
    opening = asyncio.create_task(store.open())
    await asyncio.sleep(0.2)
    assert not opening.done()
    other.execute("COMMIT")
    other.close()
    await opening
    await store.aclose()
