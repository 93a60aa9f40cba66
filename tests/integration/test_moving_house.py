"""Backups, restoring and copying: what comes over is what was there, or it is said that it is not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from graphmem import AsyncMemory, Settings
from graphmem.client.house import back_up, copy_house, restore_house
from graphmem.engine.moving import backup, census, copy
from graphmem.errors import ConfigurationError, CorruptStore, InvalidInput, Unavailable
from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.oracle import OracleStore

pytestmark = pytest.mark.anyio

SETTINGS = Settings(embedder="hashing", extractor="rules", free_space_mb=16)


@pytest.fixture
async def lived_in(tmp_path: Path) -> Path:
    """A memory with two owners, a supersession, a deletion, and settings."""
    folder = tmp_path / "old"
    async with AsyncMemory(folder, settings=SETTINGS) as memory:
        await memory.add("I moved from Porto to Lisbon in May. Marta, my sister, works at Corvid.", user_id="ana")
        await memory.add("I like tea.", user_id="ana", metadata={"deep": {"big": 2**53 + 1}, "of": [1.5, None, "é"]})
        await memory.add("I no longer like tea.", user_id="ana", timestamp="2026-05-02T10:00:00.000001Z")
        gone = await memory.add("The code is 1234.", user_id="bo", infer=False)
        await memory.add("Bo leads Atlas", user_id="bo", infer=False, relations=[("Bo", "LEADS", "Atlas")])
        await memory.delete(gone["results"][0]["id"])
    store = SQLiteStore(folder / "graph.sqlite")
    await store.open()
    await store.put_setting("default", "colours", {"Ana": ["red", 1]})
    await store.aclose()
    return folder


async def told(folder: Path) -> list[object]:
    """What a person sees of it."""
    async with AsyncMemory(folder, settings=SETTINGS) as memory:
        seen = []
        for user in ("ana", "bo"):
            page = await memory.get_all(user_id=user, include_superseded=True)
            seen += [page["results"], [await memory.history(each["id"]) for each in page["results"]]]
            seen.append((await memory.search("who works at Corvid, and who likes tea?", user_id=user))["results"])
        assert (await memory.index("verify"))["clean"]
    return json.loads(json.dumps(seen, default=str))


async def same(old: Path, new: Path) -> None:
    def plain(seen: list[object]) -> object:
        return json.loads(json.dumps(seen), object_hook=lambda each: {k: v for k, v in each.items() if k != "revision"})

    assert plain(await told(new)) == plain(await told(old))


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
async def test_a_backup_comes_back_whole(lived_in: Path, tmp_path: Path, name: str) -> None:
    file, new = tmp_path / name, tmp_path / "new"
    await back_up(str(lived_in), file, SETTINGS)
    assert (file.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")
    heard: list[int] = []
    moved = await restore_house(file, str(new), SETTINGS, heard.append)
    assert heard[-1] == moved.counts["memory"] == 6
    assert moved.counts["setting"] == 1
    await same(lived_in, new)


async def test_a_backup_is_taken_while_others_hold_the_folder(lived_in: Path, tmp_path: Path) -> None:
    async with AsyncMemory(lived_in, settings=SETTINGS) as memory:
        await memory.add("Marta likes chess.", user_id="ana")
        await back_up(str(lived_in), tmp_path / "all.gz", SETTINGS)
    assert "Marta likes chess." in gzip.decompress((tmp_path / "all.gz").read_bytes()).decode()


async def test_a_copy_holds_the_same(lived_in: Path, tmp_path: Path) -> None:
    await copy_house(str(lived_in), str(tmp_path / "new"), SETTINGS)
    await same(lived_in, tmp_path / "new")


async def test_an_interrupted_copy_goes_on(lived_in: Path) -> None:
    """After each possible number of changes that reached the new store."""
    source = SQLiteStore(lived_in / "graph.sqlite")
    await source.open()
    whole = await census(source)
    for reached in range(2):
        target = Interrupted(reached)
        with pytest.raises(Unavailable):
            await copy(source, target, "old")
        with pytest.raises(InvalidInput, match="filled from"):
            await copy(source, target, "another")
        target.left = 99
        moved = await copy(source, target, "old")
        assert moved.checksum == whole.checksum == (await census(target)).checksum
    await source.aclose()


class Interrupted(OracleStore):
    """A store that goes away after so many changes."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    async def apply(self, *changes):
        if not self.left:
            raise Unavailable("It went away.")
        self.left -= 1
        return await super().apply(*changes)


async def test_a_store_that_holds_something_is_not_filled(lived_in: Path, tmp_path: Path) -> None:
    async with AsyncMemory(tmp_path / "new", settings=SETTINGS) as memory:
        await memory.add("I like jazz.", user_id="ana")
    with pytest.raises(InvalidInput, match="holds 1 memories"):
        await copy_house(str(lived_in), str(tmp_path / "new"), SETTINGS)


async def test_a_damaged_backup_is_found_out(lived_in: Path, tmp_path: Path) -> None:
    store = SQLiteStore(lived_in / "graph.sqlite")
    await store.open()
    lines = [line async for line in backup(store)]
    await store.aclose()
    damages = {
        "cut off": lines[:-1],
        "without a memory": [line for line in lines if "Atlas" not in line],
        "another word": [line.replace("Lisbon", "Lisboa") for line in lines],
        "half a line": [*lines[:-1], lines[-1][:20]],
        "a strange line": [*lines[:3], "[1]", *lines[3:]],
        "an operation that is none": [line.replace('"type": "entity"', '"type": "thing"') for line in lines],
    }
    files = {what: "\n".join(damaged).encode() for what, damaged in damages.items()}
    files["half of what was packed"] = gzip.compress("\n".join(lines).encode())[:-20]
    for number, (what, content) in enumerate(files.items()):
        file = tmp_path / f"{number}.jsonl"
        file.write_bytes(content)
        try:
            await restore_house(file, str(tmp_path / f"new{number}"), SETTINGS)
        except CorruptStore:
            continue
        pytest.fail(what)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b'{"type": "graphmem", "format": 1}', b'{"type": "graphmem-backup"}']
)
async def test_what_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InvalidInput):
        await restore_house(tmp_path / "file", str(tmp_path / "new"), SETTINGS)


async def test_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no memory"):
        await back_up(str(tmp_path / "nowhere"), tmp_path / "file", SETTINGS)
    with pytest.raises(InvalidInput, match="cannot be read"):
        await restore_house(tmp_path / "none", str(tmp_path / "new"), SETTINGS)
    assert not (tmp_path / "file").exists()
