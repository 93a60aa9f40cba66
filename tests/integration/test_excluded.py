"""What the application never wants remembered is stored nowhere: not as an episode, not in a file, not on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.extraction.model import ModelExtractor
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings
from tests.support.files import holders, spellings
from tests.support.soundness import everything

pytestmark = pytest.mark.anyio

SECRET = "My Quenbyite is getting worse, Dr Vortigern says."
WORDS = ("Quenbyite", "quenbyite", "Vortigern", "vortigern")
KEPT = "I moved to Lisbon."


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


def answer(*memories: dict[str, Any], refused: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"memories": list(memories), "refused": list(refused)}


LISBON = {"text": "Ana moved to Lisbon.", "messages": [2]}


def opened(place: Path, *answers: Any, **settings: Any) -> LocalBackend:
    parts = assemble(Settings(extractor="verbatim", **settings), place / "memory").parts
    return LocalBackend(Engine(replace(parts, extractor=ModelExtractor(ScriptedChat(answers)))))


async def traces(backend: LocalBackend, place: Path) -> list[str]:
    """Where anything of it is: while the memory is open, in what it answers, and after it was closed."""
    needles = {spelt for word in WORDS for spelt in spellings(word)}
    found = holders(place, needles)
    held = await everything(backend.engine.parts.store)
    texts = [
        repr(each) for kind in (held.memories, held.episodes, held.revisions, held.entities) for each in kind.values()
    ]
    texts += [line async for line in backend.export({})]
    texts.append(repr(await backend.engine.parts.store.settings()))
    found += [text for text in texts if any(word in text for word in WORDS)]
    await backend.aclose()
    return found + holders(place, needles)


@pytest.mark.parametrize("episodes", ["sourced", "all", "none"])
async def test_a_refused_message_leaves_nothing(place: Path, episodes: str) -> None:
    backend = opened(place, answer(LISBON, refused=(1,)), episodes=episodes)
    await backend.open()
    await backend.engine.projects.change("default", excludes="health")
    added = await backend.add({"messages": said(SECRET, KEPT), "user_id": "ana", "run_id": "r"})
    view = await backend.get(added["results"][0]["id"])
    assert len(view["episode_ids"]) == (episodes != "none")
    held = await everything(backend.engine.parts.store)
    assert {each.content for each in held.episodes.values()} == ({KEPT} if episodes != "none" else set())
    assert (await backend.search({"query": "Quenbyite", "user_id": "ana"}))["results"][0]["memory"] == LISBON["text"]
    assert await traces(backend, place) == []


async def test_what_else_was_in_a_refused_message_is_kept_without_its_words(place: Path) -> None:
    backend = opened(place, answer({**LISBON, "messages": [1]}, refused=(1,)))
    await backend.open()
    added = await backend.add({"messages": f"{KEPT} {SECRET}", "user_id": "ana", "excludes": "health"})
    view = await backend.get(added["results"][0]["id"])
    assert (view["memory"], view["episode_ids"]) == (LISBON["text"], [])
    assert await traces(backend, place) == []


async def test_it_is_no_context_of_what_is_said_next(place: Path) -> None:
    chat = ScriptedChat([answer(refused=(1,)), answer({**LISBON, "messages": [1]})])
    parts = assemble(Settings(extractor="verbatim"), place / "memory").parts
    backend = LocalBackend(Engine(replace(parts, extractor=ModelExtractor(chat))))
    await backend.open()
    scope = {"user_id": "ana", "run_id": "r", "excludes": "health"}
    first = await backend.add({"messages": SECRET, **scope})
    assert (first["results"], first["message"]) == ([], "nothing to remember")
    await backend.add({"messages": KEPT, **scope})
    assert SECRET in chat.asked[0].text
    assert not any(word in chat.asked[1].text for word in WORDS)
    assert await traces(backend, place) == []


async def test_a_repaired_answer_refuses_as_well(place: Path) -> None:
    backend = opened(place, "I noted it!", answer(LISBON, refused=(1,)))
    await backend.open()
    await backend.add({"messages": said(SECRET, KEPT), "user_id": "ana", "excludes": "health"})
    assert await traces(backend, place) == []


async def test_the_search_for_traces_finds_some_where_nothing_was_refused(place: Path) -> None:
    backend = opened(place, answer(LISBON))
    await backend.open()
    await backend.add({"messages": said(SECRET, KEPT), "user_id": "ana", "run_id": "r"})
    assert await traces(backend, place) != []
