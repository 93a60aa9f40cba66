"""Out and in again: nothing is lost, nothing comes twice, and what cannot be taken is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from graphmem.client.local import LocalBackend
from graphmem.models import Partition
from tests.support.children import ask, start
from tests.support.soundness import everything, unfaithful, unfindable, unsound
from tests.support.writer import backend

pytestmark = pytest.mark.anyio


async def a_life(memory: LocalBackend) -> None:
    """Something of everything that an export has to carry."""
    told = {"user_id": "ana", "run_id": "7"}
    await memory.add({"messages": "I live in Faro. I work at Xanaducorp.", "timestamp": "2024-02-03", **told})
    await memory.add({"messages": "Thanks, bye!", **told})
    ids = []
    for town, since in (("Porto", "2010-01-01"), ("Lisbon", "2020-05-01"), ("Évora", "2024-01-01")):
        relation = {"source": "Ben", "relationship": "LIVES_IN", "target": town, "valid_at": since}
        answer = await memory.add(
            {
                "messages": f"Ben lives in {town} — \u202b‮“quoted”‬ 東京 😀\n\ttab \\ \u2028",
                "user_id": "ben",
                "infer": False,
                "relations": [relation],
                "entities": [{"name": "Ben", "type": "Person", "aliases": ["Benjamin", "Bén"]}],
                "metadata": {"a.b": {'q"uote': [1, 2**53 + 1, 0.1, None, True]}, "": "empty", "ключ": "ü"},
                "categories": ["travel", "旅行"],
                "timestamp": "1969-12-31T23:59:59.999999+05:30",
                "expiration_date": "9999-12-31",
                "immutable": town == "Évora",
            }
        )
        ids.append(answer["results"][0]["id"])
    await memory.update(ids[2], {"metadata": {"changed": 1}, "feedback": "NEGATIVE"})
    doomed = await memory.add({"messages": "Something secret", "user_id": "ben", "infer": False})
    await memory.delete(doomed["results"][0]["id"])
    for scope in ({"agent_id": "bot"}, {"app_id": "app"}, {"run_id": "only"}, {"user_id": "ana", "agent_id": "bot"}):
        await memory.add({"messages": f"Note for {sorted(scope)}", "infer": False, **scope})
    found = await memory.add({"messages": "Ana likes tea", "user_id": "ana", "infer": False})
    await memory.update(found["results"][0]["id"], {"text": "Ana likes green tea"})
    await memory.add_many(
        [
            {"messages": f"Fact {n} of Q{n % 9}", "user_id": "cleo", "infer": False, "entities": [f"Q{n % 9}"]}
            for n in range(600)
        ]
    )


async def exported(memory: LocalBackend) -> list[str]:
    return [line async for line in memory.export({})]


def content(lines: Iterable[str]) -> list[str]:
    """The lines in one order, without what each export gives anew."""
    return sorted(line for line in lines if json.loads(line)["type"] not in ("changes", "graphmem"))


async def test_an_export_comes_back_whole(memory: LocalBackend, place: Path) -> None:
    await a_life(memory)
    lines = await exported(memory)
    other = backend(place / "other")
    await other.open()
    report = await other.import_lines(lines, "all", {})
    assert (report["memories"], report["refused"], report["lines"]) == (len(await texts(memory)), [], len(lines))
    assert content(await exported(other)) == content(lines)
    for key in await texts(memory):
        assert await other.get(key) == await memory.get(key)
        assert await other.history(key) == await memory.history(key)
    for user in ("ana", "ben"):
        for read in ("entities", "relations"):
            scope = {"user_id": user, "include_superseded": True}
            assert await getattr(other, read)(scope) == await getattr(memory, read)(scope)
        past = {"user_id": user, "known_at": (await memory.get_all({"user_id": user}))["results"][-1]["created_at"]}
        assert await other.get_all(past) == await memory.get_all(past)
    parts = other.engine.parts
    assert await unsound(parts.store, parts.index) == []
    assert await unfaithful(parts.store, parts.index, parts.encoders) == []
    # And once more: nothing comes twice.
    again = await other.import_lines(lines, "all", {})
    assert again["refused"] == []
    assert content(await exported(other)) == content(lines)
    assert await unsound(parts.store, parts.index) == []
    await other.aclose()


async def texts(memory: LocalBackend) -> dict[str, str]:
    return (await everything(memory.engine.parts.store)).texts


async def test_what_a_partition_knows_already_is_joined(memory: LocalBackend, place: Path) -> None:
    await memory.add(
        {"messages": "Marta likes tea", "user_id": "ana", "infer": False, "relations": [("Marta", "LIKES", "tea")]}
    )
    lines = await exported(memory)
    other = backend(place / "other")
    await other.open()
    mum = {"name": "Mum", "aliases": ["Marta"]}
    await other.add({"messages": "she is called so", "user_id": "ana", "infer": False, "entities": [mum]})
    await other.add({"messages": "tea is green", "user_id": "ana", "infer": False, "entities": ["tea"]})
    report = await other.import_lines(lines, "all", {})
    assert report["refused"] == []
    page = await other.entities({"user_id": "ana"})
    assert {each["name"]: each["memories"] for each in page["results"]} == {"Mum": 2, "tea": 2}
    assert await unsound(other.engine.parts.store, other.engine.parts.index) == []
    await other.aclose()


async def _import(tell: Callable[[Any], None], folder: Path, lines: list[str], name: str) -> None:
    """An import that says after which lines it could be resumed."""
    memory = backend(folder)
    await memory.open()
    await memory.import_lines(lines, name, {"user_id": "ana"}, progress=lambda report: tell(report.lines))
    tell("done")
    await memory.aclose()


async def _resume(folder: Path, lines: list[str], name: str) -> tuple[dict[str, Any], list[str], list[str]]:
    memory = backend(folder)
    await memory.open()
    report = await memory.import_lines(lines, name, {"user_id": "ana"})
    parts = memory.engine.parts
    held = (await everything(parts.store)).texts
    problems = await unsound(parts.store, parts.index)
    problems += await unfindable(memory.engine, dict(list(held.items())[:20]))
    await memory.aclose()
    return report, sorted(held.values()), problems


@pytest.mark.parametrize("passed", [0, 1, 2])
def test_an_import_of_messages_goes_on_where_it_was_killed(place: Path, passed: int) -> None:
    lines = [
        json.dumps({"messages": f"I visited Town{n}." if n % 11 == 0 else f"note {n}", "infer": n % 11 == 0})
        for n in range(900)
    ]
    child, said = start(_import, place / "memory", lines, "notes")
    for _ in range(passed):
        assert said.recv() in range(901)
    child.join(0.05)
    child.kill()
    child.join()
    said.close()
    report, held, problems = ask(_resume, place / "memory", lines, "notes")
    assert report["skipped"] >= 256 * passed
    assert report["refused"] == problems == []
    assert [text for text in held if text.startswith("note")] == sorted(f"note {n}" for n in range(900) if n % 11)
    towns = [text for text in held if "Town" in text]
    assert len(towns) == len(set(towns)) == len(range(0, 900, 11))


async def test_an_import_of_an_export_goes_on_where_it_was_killed(memory: LocalBackend, place: Path) -> None:
    for user in ("ana", "ben", "cleo"):
        await memory.add_many(
            [
                {"messages": f"{user} {n}", "user_id": user, "infer": False, "entities": [f"Q{n % 9}"]}
                for n in range(700)
            ]
        )
    lines = await exported(memory)
    child, said = start(_import, place / "other", lines, "all")
    assert said.recv() in range(len(lines))
    assert said.recv() in range(len(lines))
    child.kill()
    child.join()
    said.close()
    report, held, problems = ask(_resume, place / "other", lines, "all")
    assert report["skipped"] > 500
    assert report["refused"] == problems == []
    assert held == sorted((await texts(memory)).values())
    other = backend(place / "other")
    await other.open()
    assert content(await exported(other)) == content(lines)
    await other.aclose()


async def test_lines_that_cannot_be_taken_lose_only_themselves(memory: LocalBackend) -> None:
    lines = [
        {"messages": "first", "infer": False},
        {"messages": "I visited Town1."},
        {"messages": "   ", "infer": False},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"messages": "second", "infer": False},
        "not an object",
        {"messages": "third", "infer": False, "metadata": {"a": float("nan")}},
        {"messages": "fourth", "infer": False, "user_id": "ben"},
        {"massages": "fifth"},
        {"messages": "nul \0", "infer": False},
        {"messages": "half \ud800", "infer": False},
        {"messages": "second", "infer": False},
    ]
    report = await memory.import_lines(
        [json.dumps(line) for line in lines] + ["{", "", "\n"], "lines", {"user_id": "ana"}
    )
    assert {each["line"] for each in report["refused"]} == {3, 4, 6, 7, 9, 10, 11, 13}
    assert all(len(each["reason"]) > 20 for each in report["refused"])
    held = sorted((await texts(memory)).values())
    assert [text for text in held if "Town" not in text] == ["first", "fourth", "second", "second"]
    assert len([text for text in held if "Town1" in text]) == 1
    assert report["memories"] == len(held)
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def told_of(memory: LocalBackend) -> list[str]:
    """The memory whose history's first line was broken."""
    return [key for key, text in (await texts(memory)).items() if text == "Ana leads Atlas"]


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        ('"type": "memory"', {"Ana leads Atlas"}),
        ('"type": "entity"', {"Ana leads Atlas"}),
        ('"type": "relation"', {"Ana leads Atlas"}),
        ('"type": "episode"', {"Ana leads Atlas"}),
        ('"type": "revision"', set()),
    ],
)
async def test_a_broken_line_of_an_export_takes_only_what_needs_it(
    memory: LocalBackend, place: Path, broken: str, lost: set[str]
) -> None:
    told = {"user_id": "ana", "infer": False}
    await memory.add({"messages": "Ana leads Atlas", "relations": [("Ana", "LEADS", "Atlas")], **told})
    await memory.add({"messages": "Ben rows", "entities": ["Ben"], **told})
    lines = await exported(memory)
    [first, *_] = [n for n, line in enumerate(lines) if broken in line and ("Ana" in line or "LEADS" in line)]
    lines[first] = lines[first][:-20]
    other = backend(place / "other")
    await other.open()
    report = await other.import_lines(lines, "broken", {})
    assert set((await texts(other)).values()) == {"Ana leads Atlas", "Ben rows"} - lost
    assert first + 1 in {each["line"] for each in report["refused"]}
    assert report["memories"] == 2 - len(lost)
    problems = await unsound(other.engine.parts.store, other.engine.parts.index)
    assert problems == ([] if lost else [f"memory {key} has no beginning in history" for key in await told_of(other)])
    await other.aclose()


async def test_an_export_is_of_one_project(memory: LocalBackend) -> None:
    await memory.add({"messages": "ours", "user_id": "ana", "infer": False})
    await memory.for_project("theirs").add({"messages": "theirs", "user_id": "ana", "infer": False})
    assert "theirs" not in "".join(await exported(memory))
    partitions = [json.loads(line)["partition"] for line in await exported(memory) if '"changes"' in line]
    assert partitions == [list(Partition("default", "user:ana"))]
