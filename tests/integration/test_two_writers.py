"""Two threads, two processes, one partition: nobody's change is lost, and names go on meaning one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from graphmem import Memory
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import AddRequest, Engine, Parts
from graphmem.engine.requests import read_add
from graphmem.errors import Conflict, NotFound
from graphmem.extraction.rules import RulesExtractor
from graphmem.extraction.verbatim import VerbatimExtractor
from graphmem.indexing import rebuild
from graphmem.settings import Settings
from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.flat import FlatIndex
from graphmem.views import AddResult
from tests.support.children import ask
from tests.support.lives import ENCODERS
from tests.support.soundness import everything, unsound

pytestmark = pytest.mark.anyio

MANY = 25
STATEMENT = "I live in Faro."


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at once, each in a thread; their answers."""
    with ThreadPoolExecutor(len(works)) as threads:
        return [each.result() for each in [threads.submit(work) for work in works]]


def test_two_threads_tell_one_memory_the_same(place: Path) -> None:
    with Memory(place, settings=Settings(extractor="rules")) as memory:

        def tell(name: str) -> list[AddResult]:
            answers = []
            for number in range(MANY):
                memory.add(f"{name} {number}", user_id="ana", infer=False, relations=[("Ana", "KNOWS", f"P{number}")])
                answers.append(memory.add(STATEMENT, user_id="ana"))
            return answers

        told = [answer for answers in together(lambda: tell("one"), lambda: tell("two")) for answer in answers]
        ids = {each["id"] for answer in told for each in answer["results"]}
        assert len(ids) == 1
        assert len(memory.get(ids.pop())["episode_ids"]) == 2 * MANY
        texts = Counter(each["memory"] for each in memory.get_all(user_id="ana", limit=1_000)["results"])
        assert {f"{name} {number}" for name in ("one", "two") for number in range(MANY)} <= texts.keys()
        assert set(texts.values()) == {1}
        found = memory.graph(user_id="ana").neighbours("P7")
        assert [edge.relation.support for edge in found.edges] == [2]
        assert memory.index("verify")["clean"]
    assert ask(_problems, place) == []


async def _problems(folder: Path) -> list[str]:
    memory = LocalBackend(assemble(Settings(extractor="rules"), folder))
    await memory.open()
    try:
        return await unsound(memory.engine.parts.store, memory.engine.parts.index)
    finally:
        await memory.aclose()


def test_two_threads_change_and_delete_the_same(place: Path) -> None:
    with Memory(place, settings=Settings(extractor="rules")) as memory:
        added = memory.add_many([{"messages": f"note {n}", "user_id": "ana", "infer": False} for n in range(MANY)])
        ids = [answer["results"][0]["id"] for answer in added]

        def rewrite(word: str) -> int:
            done = 0
            for number, key in enumerate(ids):
                try:
                    memory.update(key, f"{word} {number}", metadata={"by": word})
                    done += 1
                except NotFound:
                    pass
            return done

        def delete() -> int:
            done = 0
            for key in reversed(ids[::2]):
                memory.delete(key)
                done += 1
            return done

        assert together(lambda: rewrite("red"), lambda: rewrite("blue"), delete)[2] == len(ids[::2])
        for number, key in enumerate(ids):
            if number % 2 == 0:
                with pytest.raises(NotFound):
                    memory.get(key)
                continue
            found = memory.get(key)
            # The last one who came wrote both.
            assert found["memory"] == f"{found['metadata']['by']} {number}"
            words = [each["new_memory"] for each in memory.history(key)]
            assert sorted(filter(None, words)) == sorted([f"note {number}", f"red {number}", f"blue {number}"])
    assert ask(_problems, place) == []


def test_rebuilding_while_others_write(place: Path) -> None:
    with Memory(place, settings=Settings(extractor="rules")) as memory:
        memory.add_many([{"messages": f"before {n}", "user_id": "ana", "infer": False} for n in range(300)])

        def add(name: str) -> None:
            for number in range(MANY):
                found = memory.add(f"{name} {number}", user_id="ana", infer=False)["results"][0]["id"]
                [hit] = memory.search(f"{name} {number}", user_id="ana", limit=1)["results"]
                assert hit["id"] == found
                if number % 3 == 0:
                    memory.delete(found)

        def rebuild_often() -> None:
            for _ in range(3):
                memory.index("rebuild")
                memory.purge()

        together(lambda: add("one"), rebuild_often, lambda: add("two"))
        assert memory.index("verify")["clean"]
    assert ask(_problems, place) == []


# -- two processes in one store


def engine(path: Path) -> Engine:
    """An engine that shares its store with others, as servers do theirs; the index is its own."""
    return Engine(
        Parts(
            store=SQLiteStore(path),
            index=FlatIndex(),
            encoders=ENCODERS,
            extractor=RulesExtractor(),
            verbatim=VerbatimExtractor(),
        )
    )


async def _write(path: Path, name: str) -> tuple[list[str], int]:
    """Write to the partition that others write to as well: texts acknowledged, and how often the statement was."""
    mine = engine(path)
    await mine.open()
    texts, told = [], 0
    for number in range(MANY):
        relation = ("Ana", "KNOWS", f"P{number}")
        texts += await _acknowledged(mine, _add(f"{name} {number}", infer=False, relations=[relation]))
        told += len(await _acknowledged(mine, _add(STATEMENT)))
    await mine.aclose()
    return texts, told


def _add(text: str, **more: Any) -> AddRequest:
    return read_add("default", {"messages": text, "user_id": "ana", **more})


async def _acknowledged(engine_: Engine, request: AddRequest) -> list[str]:
    try:
        added = await engine_.remember.add(request)
    except Conflict:
        return []  # said clearly, and nothing was written
    return [each.memory.text for each in added.outcomes]


async def test_two_processes_in_one_partition(place: Path) -> None:
    path = place / "graph.sqlite"
    (one, told_one), (two, told_two) = together(
        lambda: ask(_write, path, "one"),
        lambda: ask(_write, path, "two"),
    )
    assert len(one) + len(two) > MANY
    ours = engine(path)
    await ours.open()
    held = await everything(ours.parts.store)
    assert Counter(each.text for each in held.memories.values() if each.text in {*one, *two}) == Counter(one + two)
    [statement] = [each for each in held.memories.values() if each.origin.extractor == "rules"]
    assert len(statement.episode_ids) == told_one + told_two
    assert len({each.name for each in held.entities.values()}) == len(held.entities)
    await rebuild(ours.parts.store, ours.parts.index, ours.parts.drainer(), ENCODERS)
    assert await unsound(ours.parts.store, ours.parts.index) == []
    await ours.aclose()
