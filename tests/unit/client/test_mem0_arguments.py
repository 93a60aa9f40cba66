"""Programs written for mem0's own `Memory`, of both generations, as its quick starts write them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphmem import AsyncMemory, Memory, Settings
from graphmem.errors import ConfigurationError, InvalidInput, NotFound, NotSupported
from tests.support.chat_server import ChatServer, completion

CHAT = [
    {"role": "user", "content": "I'm planning a film night. I love science fiction."},
    {"role": "assistant", "content": "How about a thriller?"},
    {"role": "user", "content": "I don't like thrillers."},
]


@pytest.fixture
async def asynchronous(tmp_path: Path, settings: Settings) -> AsyncIterator[AsyncMemory]:
    async with AsyncMemory(tmp_path / "async", settings=settings) as memory:
        yield memory


def words(found: Any) -> set[str]:
    return {each["memory"] for each in found["results"]}


# -- the quick start


def test_a_conversation_goes_in_and_comes_back(memory: Memory) -> None:
    result = memory.add(CHAT, user_id="alice", metadata={"category": "movies"})
    assert {each["event"] for each in result["results"]} == {"ADD"}
    assert result["relations"]["added"]
    found = memory.search("what does alice like?", user_id="alice", limit=3)
    assert "Alice loves science fiction." in words(found)
    assert all(0 <= each["score"] <= 1 and each["metadata"] == {"category": "movies"} for each in found["results"])
    assert {("alice", "LOVES", "science fiction")} <= {
        (each["source"], each["relationship"], each["destination"]) for each in found["relations"]
    }


def test_ids_may_be_in_the_filters_alone(memory: Memory) -> None:
    memory.add(CHAT, user_id="alice", metadata={"category": "movies"})
    found = memory.search("films", filters={"user_id": "alice", "category": "movies"}, top_k=20, threshold=0.0)
    assert "Alice loves science fiction." in words(found)
    assert (
        words(memory.search("films", filters={"AND": [{"user_id": "alice"}, {"category": {"ne": "movies"}}]})) == set()
    )
    assert words(memory.get_all(filters={"user_id": "alice"}, top_k=20)) >= {"Alice loves science fiction."}
    assert words(memory.get_all(user_id="alice", filters={"category": "books"})) == set()


def test_a_memory_by_its_id(memory: Memory) -> None:
    [added] = memory.add("Likes to play cricket", user_id="alice", infer=False)["results"]
    one = memory.get(added["id"])
    assert (one["id"], one["memory"], one["user_id"]) == (added["id"], "Likes to play cricket", "alice")
    assert memory.update(added["id"], "Likes to play tennis")["memory"] == "Likes to play tennis"
    assert memory.update(memory_id=added["id"], data="Likes to play chess")["memory"] == "Likes to play chess"
    assert [(each["old_memory"], each["new_memory"]) for each in memory.history(added["id"])] == [
        (None, "Likes to play cricket"),
        ("Likes to play cricket", "Likes to play tennis"),
        ("Likes to play tennis", "Likes to play chess"),
    ]
    assert memory.delete(memory_id=added["id"])["message"] == "Memory deleted successfully!"
    with pytest.raises(NotFound):
        memory.get(added["id"])


def test_everything_of_somebody_goes(memory: Memory) -> None:
    memory.add("Tea", user_id="alice", infer=False)
    memory.add("Figs", user_id="bob", infer=False)
    assert memory.delete_all(user_id="alice")["message"] == "Memories deleted successfully!"
    assert words(memory.get_all(user_id="alice")) == set()
    memory.reset()
    assert words(memory.get_all(user_id="bob")) == set()


# -- its own names for things


def test_what_is_past_its_day_is_shown_when_asked_for(memory: Memory) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    memory.add("The code is 4711", user_id="alice", infer=False, expiration_date=yesterday)
    assert words(memory.search("code", filters={"user_id": "alice"})) == set()
    assert words(memory.search("code", filters={"user_id": "alice"}, show_expired=True)) == {"The code is 4711"}
    assert words(memory.get_all(filters={"user_id": "alice"}, show_expired=False)) == set()
    assert words(memory.get_all(filters={"user_id": "alice"}, show_expired=True)) == {"The code is 4711"}


def test_a_prompt_is_instructions(tmp_path: Path) -> None:
    with ChatServer() as server:
        server.script(*[completion({"memories": [], "refused": []})] * 3)
        settings = Settings(embedder="hashing", llm=f"openai:model@{server.base_url}")
        with Memory(tmp_path / "memory", settings=settings) as memory:
            memory.add("Hello", user_id="alice", prompt="Remember greetings.")
            memory.add_many([{"messages": "Hello", "user_id": "alice", "prompt": "Remember farewells."}])
            memory.add("Hello", user_id="alice", prompt="Same.", custom_instructions="Same.")
            with pytest.raises(InvalidInput, match="differ") as caught:
                memory.add("Hello", user_id="alice", prompt="This.", custom_instructions="That.")
        asked = [request.body["messages"][0]["content"] for request in server.requests]
    assert caught.value.field == "prompt"
    for words, shown in zip(["Remember greetings.", "Remember farewells.", "Same."], asked, strict=True):
        assert f"Instructions: {words}" in shown


def test_procedural_memories_are_refused_with_a_way(memory: Memory) -> None:
    with pytest.raises(NotSupported, match="procedural_memory") as caught:
        memory.add(CHAT, agent_id="browser", memory_type="procedural_memory", prompt="Sum up.")
    assert "infer=False" in str(caught.value.hint)
    assert memory.stats()["memories"] == 0
    memory.add("Step 1: opened the page", agent_id="browser", memory_type=None, infer=False)
    assert memory.stats()["memories"] == 1


def test_an_item_that_is_no_dict_is_refused(memory: Memory) -> None:
    with pytest.raises(InvalidInput):
        memory.add_many(["Tea"])  # type: ignore[list-item]


def test_a_key_alone_shows_both_ways(settings: Settings) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Memory(api_key="m0-secret", settings=settings)
    assert "Memory('http://host:8000', api_key=…)" in str(caught.value)
    assert "Memory('./mem')" in str(caught.value)
    assert "m0-secret" not in str(caught.value)


# -- async


@pytest.mark.anyio
async def test_the_async_one_is_called_alike(asynchronous: AsyncMemory) -> None:
    result = await asynchronous.add(messages=CHAT, user_id="alice")
    assert "Alice loves science fiction." in words(result)
    found = await asynchronous.search(query="films", filters={"user_id": "alice"}, top_k=5, show_expired=True)
    assert "Alice loves science fiction." in words(found)
    [one] = (await asynchronous.get_all(user_id="alice", limit=1))["results"]
    await asynchronous.update(memory_id=one["id"], data="Alice reads comics.")
    assert len(await asynchronous.history(memory_id=one["id"])) == 2
    await asynchronous.delete(memory_id=one["id"])
    await asynchronous.delete_all(user_id="alice")
    await asynchronous.reset()
    assert words(await asynchronous.get_all(user_id="alice")) == set()
