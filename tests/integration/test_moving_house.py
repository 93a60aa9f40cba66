"""Backups, restoring and copying: what comes over is what was there, or it is said that it is not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from graphmem import AsyncMemory
from graphmem.client.house import back_up, copy_house, restore_house
from graphmem.engine.moving import backup, census, copy
from graphmem.errors import ConfigurationError, CorruptStore, InvalidInput, Unavailable
from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.oracle import OracleStore
from tests.support.lived_in import SETTINGS, live_in, same

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lived_in(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    await live_in(folder)
    return folder


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
