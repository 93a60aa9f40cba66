"""What a start makes of what it finds: another embedder, an unclean stop, damaged files, files from a backup."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graphmem import Memory
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.errors import ConfigurationError, CorruptStore, EmbedderChanged, Unavailable
from graphmem.settings import Settings
from tests.support.children import ask
from tests.support.files import copy_folder, restore_folder
from tests.support.soundness import everything, unfaithful, unfindable, unsound

pytestmark = pytest.mark.anyio

HASHING = Settings(embedder="hashing", extractor="rules")
WIDER = Settings(embedder="hashing", embedder_dimensions=128, extractor="rules")
GERMAN = Settings(embedder="hashing", language="german", extractor="rules")
BUNDLED = Settings(embedder="bundled", extractor="rules")


def fill(memory: Memory, name: str = "note", many: int = 12) -> list[str]:
    """Some memories with what hangs on them; their ids."""
    items = [
        {
            "messages": f"{name} {n}",
            "user_id": "ana",
            "infer": False,
            "relations": [("Ana", "KNOWS", f"{name}-{n % 5}")],
        }
        for n in range(many)
    ]
    return [answer["results"][0]["id"] for answer in memory.add_many(items)]


async def _look(folder: Path, settings: Settings) -> list[str]:
    memory = LocalBackend(assemble(settings, folder))
    await memory.open()
    parts = memory.engine.parts
    problems = await unsound(parts.store, parts.index)
    problems += await unfaithful(parts.store, parts.index, parts.encoders)
    problems += await unfindable(memory.engine, (await everything(parts.store)).texts)
    await memory.aclose()
    return problems


def healthy(folder: Path, settings: Settings = HASHING) -> bool:
    """Whether a new process finds store and index sound, and everything by its words."""
    assert ask(_look, folder, settings) == []
    return True


# -- another embedder


@pytest.mark.parametrize("settings", [WIDER, GERMAN, BUNDLED], ids=["dimensions", "language", "model"])
def test_another_embedder_is_an_error_that_names_the_way_out(place: Path, settings: Settings) -> None:
    with Memory(place, settings=HASHING) as memory:
        ids = fill(memory)
    changed = Memory(place, settings=settings)
    for _ in range(2):
        with pytest.raises(EmbedderChanged) as caught:
            changed.search("note 3", user_id="ana")
        assert "graphmem index rebuild" in str(caught.value)
        assert "hashing:1:64" in caught.value.built_with
        assert caught.value.configured != caught.value.built_with
    changed.close()
    # Nothing was touched: what it was built with still works.
    assert healthy(place)
    with closing(Memory(place, settings=settings)) as memory:  # not opened: what it needs first is the rebuilding
        answer = memory.index("rebuild")
        assert answer["points"] == memory.stats()["points"] > len(ids)
        assert memory.search("note 3", user_id="ana", limit=1)["results"][0]["memory"] == "note 3"
        assert memory.index("verify")["clean"]
        [added] = memory.add("after", user_id="ana", infer=False)["results"]
        memory.delete(added["id"])
    assert healthy(place, settings)
    with pytest.raises(EmbedderChanged), Memory(place, settings=HASHING):
        raise AssertionError("it opened")


def test_rebuilding_what_needs_none(place: Path) -> None:
    with Memory(place, settings=HASHING) as memory:
        fill(memory)
        before = memory.stats()["points"]
        assert memory.index("rebuild") == {"points": before}
        assert memory.stats()["points"] == before
    assert healthy(place)


# -- an unclean stop


def test_an_open_mark_makes_the_next_start_look(place: Path) -> None:
    with Memory(place, settings=HASHING) as memory:
        fill(memory)
    shutil.rmtree(place / "vectors" / "copy-1" / "relation")
    (place / "vectors" / "state").write_text("open")
    assert healthy(place)


@pytest.mark.parametrize(
    "damage",
    [
        lambda vectors: shutil.rmtree(vectors),
        lambda vectors: shutil.rmtree(vectors / "copy-1"),
        lambda vectors: shutil.rmtree(vectors / "copy-1" / "memory"),
        lambda vectors: (vectors / "current").write_text("{"),
        lambda vectors: (vectors / "state").write_bytes(b"\xff\xfe"),
        lambda vectors: (vectors / "state").unlink(),
        lambda vectors: [path.write_bytes(b"junk") for path in vectors.rglob("segment.json")],
        lambda vectors: [path.unlink() for path in vectors.rglob("edge_config.json")],
        lambda vectors: [_cut(path) for path in vectors.rglob("*") if path.is_file() and path.stat().st_size > 2**20],
    ],
    ids=["all", "copy", "kind", "pointer", "state", "no state", "segments", "configuration", "cut"],
)
def test_a_damaged_index_is_made_anew(place: Path, damage: Callable[[Path], Any]) -> None:
    with Memory(place, settings=HASHING) as memory:
        fill(memory)
    damage(place / "vectors")
    assert healthy(place)
    with Memory(place, settings=HASHING) as memory:
        assert memory.stats()["memories"] == 12


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


# -- put back to an older state


@pytest.mark.parametrize("what", ["index", "store"])
def test_a_part_put_back_from_a_backup_is_noticed(place: Path, what: str) -> None:
    folder, backup = place / "memory", place / "backup"
    with Memory(folder, settings=HASHING) as memory:
        ids = fill(memory)
    copy_folder(folder, backup)
    with Memory(folder, settings=HASHING) as memory:
        memory.update(ids[0], "note 0 was changed")
        memory.delete(ids[1])
        [new] = memory.add("note 1 is new", user_id="ana", infer=False)["results"]
    if what == "index":  # as many points as before: nothing but their content tells
        restore_folder(backup / "vectors", folder / "vectors")
    else:
        for name in ("graph.sqlite", "graph.sqlite-wal"):
            (folder / name).unlink(missing_ok=True)
        shutil.copy(backup / "graph.sqlite", folder / "graph.sqlite")
    assert healthy(folder)
    with Memory(folder, settings=HASHING) as memory:
        texts = {each["id"]: each["memory"] for each in memory.get_all(user_id="ana")["results"]}
        if what == "index":
            assert texts[ids[0]] == "note 0 was changed"
            assert ids[1] not in texts
            assert new["id"] in texts
        else:
            assert texts[ids[0]] == "note 0"
            assert texts[ids[1]] == "note 1"
            assert new["id"] not in texts


def test_both_put_back_are_no_cause_for_work(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, backup = place / "memory", place / "backup"
    with Memory(folder, settings=HASHING) as memory:
        fill(memory)
    copy_folder(folder, backup)
    with Memory(folder, settings=HASHING) as memory:
        fill(memory, "later")
    restore_folder(backup, folder)
    with caplog.at_level(logging.WARNING):
        assert healthy(folder)
    assert caplog.records == []


# -- a damaged store


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to look at " * 100, None], ids=["junk", "other"]
)
def test_what_is_no_store_of_ours_is_left_alone(place: Path, content: bytes | None) -> None:
    path = place / "graph.sqlite"
    if content is not None:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE theirs (x)")
        connection.close()
    memory = Memory(place, settings=HASHING)
    for _ in range(2):
        with pytest.raises((CorruptStore, ConfigurationError), match=r"graph\.sqlite"):
            memory.stats()
    memory.close()
    if content is not None:
        assert path.read_bytes() == content
    else:
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
        connection.close()


def test_a_damaged_page_is_said(place: Path) -> None:
    with Memory(place, settings=HASHING) as memory:
        fill(memory, many=200)
    path = place / "graph.sqlite"
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    memory = Memory(place, settings=HASHING)
    with pytest.raises(CorruptStore, match="damaged"):
        list(memory.export())
    memory.close()


def test_a_newer_schema_is_refused(place: Path) -> None:
    with Memory(place, settings=HASHING) as memory:
        fill(memory)
    with sqlite3.connect(place / "graph.sqlite") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(ConfigurationError, match="999"), Memory(place, settings=HASHING):
        raise AssertionError("it opened")


# -- opening and closing


async def test_closing_is_idempotent_and_not_opened_is_fine(place: Path) -> None:
    memory = LocalBackend(assemble(HASHING, place))
    await memory.aclose()
    await memory.open()
    await memory.open()
    await memory.aclose()
    await memory.aclose()
    with pytest.raises(Unavailable):
        await memory.stats()
    await memory.open()
    assert (await memory.stats())["memories"] == 0
    await memory.aclose()


def test_a_closed_memory_says_so(place: Path) -> None:
    memory = Memory(place, settings=HASHING)
    memory.add("x", user_id="ana", infer=False)
    memory.close()
    memory.close()
    with pytest.raises(Unavailable, match="closed"):
        memory.stats()


async def test_an_opening_that_fails_lets_go(place: Path) -> None:
    memory = LocalBackend(assemble(HASHING, place))
    await memory.open()
    await memory.add({"messages": "x", "user_id": "ana", "infer": False})
    await memory.aclose()
    changed = LocalBackend(assemble(WIDER, place))
    with pytest.raises(EmbedderChanged):
        await changed.open()
    await memory.open()
    assert (await memory.stats())["memories"] == 1
    await memory.aclose()
