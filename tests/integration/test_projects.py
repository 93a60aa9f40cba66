"""What is set for a project is heeded: by the model that is asked, by categories, and by searches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.errors import InvalidInput, NotSupported
from graphmem.extraction.classify import DEFAULT_CATEGORIES
from graphmem.extraction.model import ModelExtractor
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings

pytestmark = pytest.mark.anyio

ANA = {"user_id": "ana"}
NOTHING: dict[str, Any] = {"memories": [], "refused": []}

Told = Callable[..., Any]


@pytest.fixture
async def told(place: Path) -> AsyncIterator[Told]:
    """Makes a memory whose model answers from a script; and the model, which keeps what it was asked."""
    async with AsyncExitStack() as open_ones:

        async def told(*answers: Any, instructions: str | None = None) -> tuple[LocalBackend, ScriptedChat]:
            chat = ScriptedChat(answers or [NOTHING])
            parts = assemble(Settings(extractor="verbatim"), place / "told").parts
            engine = Engine(replace(parts, extractor=ModelExtractor(chat), instructions=instructions))
            backend = LocalBackend(engine)
            await backend.open()
            open_ones.push_async_callback(backend.aclose)
            return backend, chat

        yield told


def asked_for(chat: ScriptedChat, call: int = -1) -> dict[str, str]:
    """What the model was asked to heed, by the words before it."""
    text = str(chat.asked[call].messages[0].content)
    section = text.partition("# What the application asks for")[2].partition("# Examples")[0]
    found = dict(line.split(": ", 1) for line in section.splitlines() if ": " in line and not line.startswith("-"))
    return {**found, "Categories": section.partition("Categories:\n")[2].strip()}


AGENTS = "Instructions for what the assistant said, in place of those"


async def test_the_model_is_told_what_is_set_for_the_project(told: Told) -> None:
    backend, chat = await told(*[NOTHING] * 5, instructions="The process's.")
    await backend.add({"messages": "I live in Porto.", **ANA})
    assert asked_for(chat)["Instructions"] == "The process's."
    assert asked_for(chat)[AGENTS] == "(the same)"
    assert asked_for(chat)["Categories"] == "(none)"

    await backend.engine.projects.change(
        "default",
        custom_instructions="Only travel.",
        agent_custom_instructions="Only promises.",
        includes="places",
        excludes="health",
        custom_categories=[{"travel": "trips"}],
    )
    await backend.add({"messages": "I live in Porto.", **ANA})
    assert asked_for(chat) == {
        "Instructions": "Only travel.",
        AGENTS: "Only promises.",
        "Remember in particular": "places",
        "Never remember": "health",
        "Categories": "- travel: trips",
    }

    own = {"custom_instructions": "Mine.", "includes": "people", "custom_categories": ["home"]}
    await backend.add({"messages": "I live in Porto.", **ANA, **own})
    heard = asked_for(chat)
    assert (heard["Instructions"], heard[AGENTS]) == ("Mine.", "Only promises.")
    assert (heard["Remember in particular"], heard["Never remember"]) == ("people", "health")
    assert heard["Categories"] == "- home"

    await backend.add({"messages": [{"role": "assistant", "content": "I will call."}], "agent_id": "desk"})
    assert (asked_for(chat)["Instructions"], asked_for(chat)[AGENTS]) == ("Only promises.", "(the same)")

    await backend.for_project("other").add({"messages": "I live in Porto.", **ANA})
    assert asked_for(chat)["Instructions"] == "The process's."


async def test_the_models_categories_are_those_of_the_project(told: Told) -> None:
    answer = {"memories": [{"text": "Ana goes to Faro.", "categories": ["Travel", "music"]}], "refused": []}
    backend, _ = await told(answer)
    await backend.engine.projects.change("default", custom_categories=[{"travel": "trips"}])
    added = await backend.add({"messages": "I go to Faro.", **ANA})
    assert (await backend.get(added["results"][0]["id"]))["categories"] == ["travel"]


# -- without a model

TEA = "The user is allergic to peanuts."


async def categories(memory: LocalBackend, **given: Any) -> list[str]:
    added = await memory.add({"messages": TEA, **ANA, **given})
    return (await memory.get(added["results"][0]["id"]))["categories"]


@pytest.mark.parametrize("infer", [True, False])
async def test_memories_are_sorted_without_a_model(memory: LocalBackend, infer: bool) -> None:
    assert await categories(memory, infer=infer) == []
    offered = [{"health": "illness, allergy, allergic to"}, {"cars": "engines, wheels"}]
    assert await categories(memory, infer=infer, custom_categories=offered, run_id="1") == ["health"]
    assert await categories(memory, infer=infer, custom_categories=offered, categories=["mine"], run_id="2") == ["mine"]
    await memory.engine.projects.change("default", custom_categories=dict(DEFAULT_CATEGORIES))
    assert "health" in await categories(memory, infer=infer, run_id="3")
    assert await categories(memory, infer=infer, custom_categories=[], run_id="4") == []
    assert await categories(memory, infer=infer, custom_categories=["cars"], run_id="5") == []


async def test_many_are_sorted_each_among_its_own(memory: LocalBackend) -> None:
    await memory.engine.projects.change("default", custom_categories=[{"health": "allergy, allergic to, illness"}])
    plain = {"messages": TEA, **ANA, "infer": False}
    items = [plain, {**plain, "categories": ["mine"]}, {**plain, "custom_categories": ["cars"]}, plain]
    added = await memory.add_many(items)
    found = [(await memory.get(each["results"][0]["id"]))["categories"] for each in added]
    assert found == [["health"], ["mine"], [], ["health"]]
    hits = await memory.search({"query": "peanuts", **ANA, "filters": {"categories": "health"}})
    assert len(hits["results"]) == 2


async def test_words_that_the_rules_cannot_follow_are_not_set(memory: LocalBackend) -> None:
    with pytest.raises(NotSupported):
        await memory.engine.projects.change("default", excludes="health")
    with pytest.raises(NotSupported, match="agent_custom_instructions"):
        await memory.add({"messages": TEA, **ANA, "agent_custom_instructions": "Only promises."})


# -- searches


async def remember(memory: LocalBackend, text: str, *, days: float = 0, **more: Any) -> str:
    at = datetime.now(UTC) - timedelta(days=days)
    added = await memory.add({"messages": text, **ANA, "infer": False, "timestamp": at, **more})
    return added["results"][0]["id"]


async def scores(memory: LocalBackend, query: str, **more: Any) -> dict[str, float]:
    found = await memory.search({"query": query, **ANA, **more})
    return {hit["memory"]: hit["score"] for hit in found["results"]}


async def test_old_memories_fade_where_the_project_says_so(memory: LocalBackend) -> None:
    old, fresh = "Ana's favourite tea is oolong tea.", "Ana bought some tea at the market."
    await remember(memory, old, days=400)
    await remember(memory, fresh)
    before = await scores(memory, "Ana's favourite tea")
    assert list(before) == [old, fresh]
    floor = before[old] - 0.01
    await memory.engine.projects.change("default", decay=True)
    after = await scores(memory, "Ana's favourite tea")
    assert list(after) == [fresh, old]
    assert after[old] == pytest.approx(before[old] * 0.3, rel=0.02)
    assert after[fresh] == pytest.approx(min(1.0, before[fresh] * 1.5), rel=0.02)
    # What is relevant is not hidden for being old: the threshold is compared with the score before.
    assert list(await scores(memory, "Ana's favourite tea", threshold=floor)) == [old]
    then = datetime.now(UTC) - timedelta(days=399)
    assert list(await scores(memory, "Ana's favourite tea", reference_date=then)) == [old, fresh]
    assert await scores(memory.for_project("other"), "tea") == {}


async def test_a_fresh_one_may_come_up_from_below(memory: LocalBackend) -> None:
    items = [
        {"messages": f"Ana likes tea number {n}.", **ANA, "infer": False, "timestamp": "2020-01-01"} for n in range(30)
    ]
    await memory.add_many(items)
    await remember(memory, "Somebody spoke of tea.")
    await memory.engine.projects.change("default", decay=True)
    assert list(await scores(memory, "Ana likes tea", top_k=1)) == ["Somebody spoke of tea."]


async def test_now_moves_what_counts_as_fresh(memory: LocalBackend) -> None:
    text = "Ana likes tea."
    await remember(memory, text, days=365)
    now = await scores(memory, "tea")
    then = await scores(memory, "tea", reference_date=(datetime.now(UTC) - timedelta(days=365)).isoformat())
    assert then[text] > now[text]
    with pytest.raises(InvalidInput) as caught:
        await memory.search({"query": "tea", **ANA, "reference_date": "soon"})
    assert caught.value.field == "reference_date"


async def test_without_the_graph_no_relations_are_looked_at(memory: LocalBackend) -> None:
    await remember(memory, "Marta works at Feedzai", relations=[("Marta", "WORKS_AT", "Feedzai")])

    async def asked(**more: Any) -> tuple[bool, bool]:
        found = await memory.search({"query": "where does Marta work?", **ANA, **more})
        assert found["results"][0]["memory"] == "Marta works at Feedzai"
        return bool(found["relations"]), found["results"][0]["scores"]["graph"] > 0

    assert await asked() == (True, True)
    assert await asked(graph=False) == (False, False)
    await memory.engine.projects.change("default", enable_graph=False)
    assert await asked() == (False, False)
    assert await asked(graph=True) == (True, True)
