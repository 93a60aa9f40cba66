"""`Memory` and `AsyncMemory` as programs use them: opening, closing, loops, threads, and mem0's ways of calling."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graphmem import AsyncMemory, Memory, Settings
from graphmem.errors import ConfigurationError, InvalidInput, NotFound, StoreLocked, Unavailable


def texts(found: Any) -> list[str]:
    return [each["memory"] for each in found["results"]]


@pytest.fixture(autouse=True)
def _threads_of_others() -> None:
    """What other tests may have left running is not ours to count."""
    OTHERS.clear()
    OTHERS.update(each.ident for each in threading.enumerate())


OTHERS: set[int | None] = set()


def own_threads() -> list[str]:
    started = [each for each in threading.enumerate() if each.ident not in OTHERS]
    return [each.name for each in started if each.name.startswith("graphmem")]


# -- calling as mem0 is called


def test_whose_memory_may_be_said_by_place(memory: Memory) -> None:
    memory.add("Tea at five", "ana", None, "r1", {"n": 1}, infer=False)
    assert texts(memory.search("tea", "ana")) == ["Tea at five"]
    assert texts(memory.search("tea", "ana", None, "r1", 1)) == ["Tea at five"]
    assert texts(memory.search("tea", "ana", None, "r2")) == []
    assert memory.get_all("ana")["results"][0]["metadata"] == {"n": 1}
    assert memory.graph("ana").entities() == []
    memory.delete_all("ana")
    assert texts(memory.get_all("ana")) == []


def test_limit_is_top_k(memory: Memory) -> None:
    memory.add_many([{"messages": f"Tea number {n}", "user_id": "ana", "infer": False} for n in range(4)])
    assert memory.search("tea", "ana", limit=2) == memory.search("tea", "ana", top_k=2)
    assert len(memory.get_all("ana", limit=3)["results"]) == 3
    with pytest.raises(InvalidInput, match="limit"):
        memory.search("tea", "ana", limit=2, top_k=3)


def test_messages_are_a_text_a_message_or_a_list(memory: Memory) -> None:
    memory.add("I like tea.", user_id="ana")
    memory.add({"role": "user", "content": "I like figs."}, user_id="ana")
    memory.add([{"role": "user", "content": "I like rain."}, {"role": "assistant", "content": "Noted."}], user_id="ana")
    assert {"Ana likes tea.", "Ana likes figs.", "Ana likes rain."} <= set(texts(memory.get_all("ana")))


def test_a_memory_through_its_life(memory: Memory) -> None:
    said = datetime(2026, 5, 2, 10, tzinfo=UTC)
    added = memory.add("Rui leads Atlas", "ana", infer=False, relations=[("Rui", "LEADS", "Atlas")], timestamp=said)
    [event] = added["results"]
    assert event["event"] == "ADD"
    assert memory.get(event["id"])["observed_at"] == said.isoformat()
    assert memory.update(event["id"], data="Rui leads Borealis", metadata={"n": 1})["memory"] == "Rui leads Borealis"
    assert [entry["event"] for entry in memory.history(event["id"])] == ["ADD", "UPDATE"]
    assert memory.delete(event["id"])["receipt"]["counts"]["memories"] == 1
    with pytest.raises(NotFound):
        memory.get(event["id"])
    assert memory.purge()["receipt"]["state"] == "erased"
    memory.add("Something", "ana", infer=False)
    memory.reset()
    assert memory.stats()["memories"] == 0


def test_add_many_tells_how_many_are_done(memory: Memory) -> None:
    told: list[int] = []
    items = [{"messages": f"Note {n}", "user_id": "ana", "infer": False} for n in range(5)]
    assert len(memory.add_many(items, progress=told.append)) == 5
    assert told == [5]
    with pytest.raises(InvalidInput):
        memory.add_many([*items, {"messages": "", "user_id": "ana"}])
    assert memory.stats()["memories"] == 5, "all items are read before the first is written"


def test_an_unknown_argument_is_named(memory: Memory) -> None:
    with pytest.raises(TypeError, match="colour"):
        memory.search("tea", "ana", colour="red")  # type: ignore[call-arg]


# -- opening and closing


def test_close_may_be_said_twice_and_is_final(tmp_path: Path, settings: Settings) -> None:
    memory = Memory(tmp_path, settings=settings)
    memory.add("Tea", "ana", infer=False)
    lines = memory.export()
    next(lines)
    memory.close()
    memory.close()
    for use in (memory.stats, memory.open, lambda: memory.index("rebuild"), lambda: next(memory.export())):
        with pytest.raises(Unavailable, match="closed"):
            use()
    assert own_threads() == []


def test_a_memory_never_opened_starts_nothing(tmp_path: Path, settings: Settings) -> None:
    memory = Memory(tmp_path / "memory", settings=settings)
    assert own_threads() == []
    memory.close()
    assert not (tmp_path / "memory").exists()


def test_what_could_not_be_opened_leaves_nothing_behind(tmp_path: Path, settings: Settings) -> None:
    with Memory(tmp_path, settings=settings):
        with pytest.raises(StoreLocked), Memory(tmp_path, settings=settings):
            pass
        assert len([name for name in own_threads() if name == "graphmem"]) <= 1
    with Memory(tmp_path, settings=settings) as memory:
        assert memory.stats()["memories"] == 0


def test_it_is_closed_when_the_block_fails(tmp_path: Path, settings: Settings) -> None:
    def program() -> None:
        with Memory(tmp_path, settings=settings) as memory:
            memory.add("Tea", "ana", infer=False)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        program()
    with Memory(tmp_path, settings=settings) as memory:
        assert texts(memory.get_all("ana")) == ["Tea"]


def test_an_export_that_is_not_read_to_its_end_holds_nothing_up(memory: Memory) -> None:
    memory.add_many([{"messages": f"Note {n}", "user_id": "ana", "infer": False} for n in range(700)])
    for _ in range(10):
        lines = memory.export()
        next(lines)
        next(lines)
        del lines
    assert memory.stats()["memories"] == 700


def test_importing_the_package_starts_and_loads_nothing_of_it() -> None:
    program = "import sys, threading, graphmem; print(len(threading.enumerate()), 'numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "1 False\n"


# -- loops and threads


def test_it_works_inside_a_running_loop(tmp_path: Path, settings: Settings) -> None:
    async def cell() -> list[str]:
        with Memory(tmp_path, settings=settings) as memory:
            memory.add("Tea", "ana", infer=False)
            return texts(memory.search("tea", "ana"))

    assert asyncio.run(cell()) == ["Tea"]


def test_threads_share_it(memory: Memory) -> None:
    def work(name: str) -> int:
        for number in range(15):
            memory.add(f"{name} note {number}", name if number % 2 else "all", infer=False)
            memory.search("note", name)
        return len(memory.get_all(name)["results"])

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, ["ana", "bob", "cid", "dee"])) == [7, 7, 7, 7]
    assert len(memory.get_all("all")["results"]) == 4 * 8
    assert memory.index("verify")["clean"]


def test_many_threads_open_it_once(tmp_path: Path, settings: Settings) -> None:
    memory = Memory(tmp_path, settings=settings)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: memory.stats()["memories"], range(8))) == [0] * 8
    memory.close()


@pytest.mark.anyio
async def test_the_async_one_opens_on_first_use_and_closes_for_good(tmp_path: Path, settings: Settings) -> None:
    memory = AsyncMemory(tmp_path, settings=settings)
    found = await asyncio.gather(*(memory.add(f"Tea {n}", "ana", infer=False) for n in range(4)))
    assert len(found) == 4
    assert len([line async for line in memory.export()]) > 4
    await memory.aclose()
    await memory.aclose()
    for use in (memory.stats, memory.open, lambda: memory.search("tea", "ana"), memory.graph("ana").entities):
        with pytest.raises(Unavailable, match="closed"):
            await use()


@pytest.mark.anyio
async def test_the_async_one_as_a_context(tmp_path: Path, settings: Settings) -> None:
    async with AsyncMemory(tmp_path, settings=settings) as memory:
        await memory.add("Tea", "ana", infer=False)
        with pytest.raises(StoreLocked):
            async with AsyncMemory(tmp_path, settings=settings):
                pass
        assert texts(await memory.get_all("ana")) == ["Tea"]


# -- locations


def test_the_folder_comes_from_the_settings(tmp_path: Path, settings: Settings) -> None:
    placed = settings.model_copy(update={"store": str(tmp_path / "named")})
    with Memory(settings=placed) as memory:
        memory.add("Tea", "ana", infer=False)
    with Memory(str(tmp_path / "named"), settings=settings) as memory:
        assert texts(memory.get_all("ana")) == ["Tea"]


def test_a_relative_folder_stays_where_it_was(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Memory("mem", settings=settings) as memory:
        memory.add("Tea", "ana", infer=False)
        monkeypatch.chdir(tmp_path / "elsewhere")
        memory.add("Figs", "ana", infer=False)
        assert memory.index("verify")["clean"]
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with Memory(tmp_path / "mem", settings=settings) as memory:
        assert memory.stats()["memories"] == 2


def test_a_location_of_another_kind_is_said() -> None:
    with pytest.raises(ConfigurationError, match="ftp"):
        Memory("ftp://example.org")


def test_a_key_without_a_server_is_said(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="no server"):
        Memory(api_key="gm_secret", settings=settings)
