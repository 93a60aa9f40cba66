"""Deleting is deleting: the bytes of all files of the store are searched."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from dataclasses import replace
from random import Random

import pytest

from graphmem.changes import DropMemory
from graphmem.errors import Unavailable
from graphmem.models import Event
from graphmem.queries import KnownQuery
from graphmem.stores.sqlite import SQLiteStore
from graphmem.stores.sqlite.scrub import Raw
from graphmem.testing.worlds import Scribe

pytestmark = pytest.mark.anyio

MARKER = re.compile(rb"mk\d{5}x")


def files(store: SQLiteStore) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(store.path.parent.iterdir()))


def markers(store: SQLiteStore) -> set[str]:
    return {found.decode() for found in MARKER.findall(files(store))}


def secret(scribe: Scribe, marker: str, length: int = 1):
    """A memory full of a marker: text, metadata, categories, names, types, episode; and its history."""
    thing = scribe.entity(f"thing {marker}")
    said = scribe.episode(f"they said {marker}", name=marker)
    drawn = scribe.relation(thing, "IS_LIKE", thing, label=f"is like {marker}")
    memory = scribe.memory(
        f"{marker} " * length,
        states=[drawn],
        of=[said],
        metadata={marker: [marker, {"in": marker}]},
        categories=(marker,),
        attributed_to=marker,
    )
    return memory, [said, thing, drawn, memory, scribe.revision(memory)]


@pytest.mark.parametrize("length", [1, 100, 5_000])
async def test_a_deleted_text_is_in_no_file(scribe, length: int) -> None:
    kept, things = secret(scribe, "mk00001x", length)
    gone, others = secret(scribe, "mk00002x", length)
    await scribe.write(*things, *others)
    assert markers(scribe.store) == {"mk00001x", "mk00002x"}
    said = (await scribe.known(memory_ids=frozenset({gone.id}), dependents=True)).episodes[0]
    await scribe.write(DropMemory(gone.id), scribe.revision(gone, Event.DELETE), replace(said, content="", name=None))
    assert markers(scribe.store) == {"mk00001x"}
    assert await scribe.get(kept) is not None
    assert len(await scribe.store.history(scribe.project, gone.id)) == 1


async def test_a_redacted_episode_is_in_no_file(scribe) -> None:
    said = scribe.episode("mk00001x and mk00002x " * 300)
    await scribe.write(said)
    await scribe.write(replace(said, content="mk00001x and"))
    assert markers(scribe.store) == {"mk00001x"}
    await scribe.drop(said)
    assert markers(scribe.store) == set()


async def test_what_moved_between_pages_is_in_no_file(scribe) -> None:
    """Random histories of growing, superseding and deleting: rows move, and copies of them stay behind."""
    random = Random(3)
    store, alive = scribe.store, {}
    for number in range(0, 600, 30):
        things = []
        for each in range(number, number + 30):
            marker = f"mk{each:05}x"
            memory, others = secret(scribe, marker, random.choice([1, 2, 5, 30, 300]))
            alive[marker] = memory
            things += others
        await scribe.write(*things)
        grown = [
            replace(alive[m], expired_at=scribe.now(), text=alive[m].text * 2) for m in random.sample(sorted(alive), 9)
        ]
        await scribe.write(*grown)
        gone = random.sample(sorted(alive), len(alive) // random.choice([2, 3, 20]))
        drops = [DropMemory(alive.pop(marker).id) for marker in gone]
        known = (await store.known(KnownQuery(partition=scribe.partition, last_episodes=10_000)))[0]
        said = [replace(each, content="", name=None) for each in known.episodes if each.name in gone]
        await scribe.write(*drops, *said)
        assert markers(store) == set(alive)


async def test_purge_leaves_nothing(scribe) -> None:
    kept, things = secret(scribe, "mk00001x")
    gone, others = secret(scribe, "mk00002x", 3_000)
    # What was superseded by the memory names it, in its own row and in its history.
    kept = replace(kept, expired_at=scribe.now(), superseded_by=gone.id)
    closed = replace(things[2], superseded_by=gone.id, expired_at=scribe.now())
    await scribe.write(*others, *things[:2], closed, kept, scribe.revision(kept, Event.SUPERSEDE))
    other = Scribe(scribe.store, scribe.project)
    emptied = other.memory()
    await other.write(emptied)
    await other.drop(emptied)
    await scribe.write(DropMemory(gone.id), scribe.revision(gone, Event.DELETE))
    for each in (await scribe.known(last_episodes=9)).episodes:
        if each.name == "mk00002x":
            await scribe.drop(each)
    await scribe.store.settle(await scribe.store.pending(1_000))
    counts = await scribe.store.purge()
    ids = [
        gone.id,
        emptied.id,
        *gone.relation_ids,
        *gone.entity_ids,
        *gone.episode_ids,
        "mk00002x",
        other.partition.owner,
    ]
    content = files(scribe.store)
    assert [id_ for id_ in ids if id_.encode() in content] == []
    assert counts["revisions"] == 1
    assert counts["partitions"] == 1
    assert counts["applied"] > 0
    assert counts["bytes"] > 10_000
    read = await scribe.get(kept)
    assert read.superseded_by is None
    assert read.expired_at == kept.expired_at
    assert [entry.state["superseded_by"] for entry in await scribe.store.history(scribe.project, kept.id)] == [None]
    assert markers(scribe.store) == {"mk00001x"}
    await other.write(other.memory())
    assert await other.sequence() == 3


async def test_a_reader_in_the_way_is_waited_for_without_holding_up_the_writer(scribe) -> None:
    gone, things = secret(scribe, "mk00001x")
    await scribe.write(*things)
    other = sqlite3.connect(scribe.store.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM memory").fetchone()
    await scribe.write(DropMemory(gone.id), replace(things[0], content="", name=None))
    assert await scribe.get(gone) is None
    assert markers(scribe.store) == {"mk00001x"}  # the other still reads it
    other.execute("COMMIT")
    await scribe.texts()  # any read or write
    await scribe.store.mark([])  # behind the erasing, in the writing thread
    assert markers(scribe.store) == set()
    other.close()


async def test_closing_erases_what_a_reader_held_up(scribe) -> None:
    gone, things = secret(scribe, "mk00001x")
    store = scribe.store
    await scribe.write(*things)
    dump = store.dump()
    await anext(dump)
    await scribe.write(DropMemory(gone.id), replace(things[0], content="", name=None))
    assert markers(store) == {"mk00001x"}
    await dump.aclose()
    await store.aclose()
    assert markers(store) == set()


async def test_opening_erases_what_a_crash_left(tmp_path, scribe) -> None:
    gone, things = secret(scribe, "mk00001x")
    store = scribe.store
    await scribe.write(*things, scribe.memory("stays"))
    folder = tmp_path / "copy"
    folder.mkdir()
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN")
    holder.execute("SELECT count(*) FROM memory").fetchone()
    await scribe.write(DropMemory(gone.id), replace(things[0], content="", name=None))
    for file in tmp_path.glob("graph.sqlite*"):
        (folder / file.name).write_bytes(file.read_bytes())
    holder.close()
    copy = SQLiteStore(folder / "graph.sqlite")
    assert markers(copy) == {"mk00001x"}
    await copy.open()
    await copy.mark([])
    assert markers(copy) == set()
    assert (await copy.tally())["memories"] == 1
    await copy.aclose()


async def test_other_connections_do_not_write_old_pages_back(scribe) -> None:
    """Two stores on one file, as two processes would have it: each holds pages of its own in memory."""
    store = scribe.store
    beside = SQLiteStore(store.path)
    await beside.open()
    second = Scribe(beside, scribe.project)
    memories = {}
    for number in range(120):
        marker = f"mk{number:05}x"
        memory, things = secret(scribe, marker, number % 40)
        memories[marker] = (memory, things)
        await scribe.write(*things)
        await second.write(second.memory("filler " * (number % 60)))
        if number % 3 == 2:
            for gone in [f"mk{each:05}x" for each in (number - 2, number - 1)]:
                dropped, parts = memories.pop(gone)
                await scribe.write(DropMemory(dropped.id), replace(parts[0], content="", name=None))
            assert markers(store) == set(memories)
            await second.write(second.memory("filler"))
            assert markers(store) == set(memories)
    await beside.aclose()
    check = sqlite3.connect(store.path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


async def test_the_raw_file_is_shared_and_closed_last(tmp_path) -> None:
    path = tmp_path / "graph.sqlite"
    stores = [SQLiteStore(path), SQLiteStore(path)]
    for store in stores:
        await store.open()
    (opened,) = [each for key, each in Raw._all.items() if key[1] == path.stat().st_ino]
    assert opened.users == 2
    assert opened.descriptor is None
    scribe = Scribe(stores[0])
    memory = scribe.memory()
    await scribe.write(memory)
    await scribe.drop(memory)
    assert opened.descriptor is not None
    await stores[0].aclose()
    assert opened.users == 1
    os.fstat(opened.descriptor)
    await stores[1].aclose()
    assert opened not in Raw._all.values()


async def test_many_deletions_at_once_stay_in_order(scribe) -> None:
    memories = [scribe.memory(f"mk{n:05}x") for n in range(40)]
    await scribe.write(*memories)
    others = [Scribe(scribe.store, scribe.project) for _ in range(4)]
    await asyncio.gather(
        *(scribe.store.purge() for _ in range(2)),
        *(other.write(other.memory()) for other in others),
        scribe.drop(*memories),
    )
    assert markers(scribe.store) == set()
    assert (await scribe.store.tally())["memories"] == 4


async def test_purge_says_when_a_reader_keeps_old_pages(scribe) -> None:
    gone, things = secret(scribe, "mk00001x")
    await scribe.write(*things)
    other = sqlite3.connect(scribe.store.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM memory").fetchone()
    await scribe.drop(gone)
    scribe.store._pool._session.connection.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(Unavailable, match="reader") as caught:
        await scribe.store.purge()
    assert caught.value.retry_after > 0
    other.close()
    await scribe.store.purge()
    assert markers(scribe.store) == {"mk00001x"}  # the episode, which was not redacted


async def test_a_deletion_is_done_even_if_erasing_fails(scribe, caplog) -> None:
    gone, things = secret(scribe, "mk00001x")
    await scribe.write(*things)
    raw = scribe.store._pool._raw
    scribe.store._pool._raw = Raw(scribe.store.path)
    scribe.store._pool._raw.path = scribe.store.path.with_name("elsewhere")
    descriptors = scribe.store._pool._raw
    await scribe.write(DropMemory(gone.id), replace(things[0], content="", name=None))
    assert "could not be erased yet" in caplog.text
    assert await scribe.get(gone) is None
    scribe.store._pool._raw = raw
    descriptors.close()
    await scribe.texts()
    await scribe.store.mark([])
    assert markers(scribe.store) == set()
