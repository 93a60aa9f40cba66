"""Extraction through the whole wire: whatever a server does ends in a clear error or a repaired result."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from graphmem.drafts import Extraction
from graphmem.errors import GraphmemError, ModelAnswerInvalid, ModelError, ModelRefused, ModelUnavailable
from graphmem.extraction.model import ModelExtractor
from graphmem.extraction.schema import answer_schema
from graphmem.llm import OpenAIChat
from tests.support.chat_server import ChatServer, closed_url, completion, failure, hang
from tests.unit.extraction.conftest import request

pytestmark = pytest.mark.anyio

GOOD = {"memories": [{"text": "Ana lives in Lisbon.", "verdict": "new", "targets": [], "messages": [1]}], "refused": []}
KEY = "sk-very-secret"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
async def chat(server: ChatServer) -> AsyncIterator[OpenAIChat]:
    async def no_pause(_: float) -> None:
        await anyio.lowlevel.checkpoint()

    chat = OpenAIChat("test-model", api_key=KEY, base_url=server.base_url, sleep=no_pause)
    yield chat
    await chat.aclose()


async def extract(chat: OpenAIChat, **more: int) -> Extraction:
    return await ModelExtractor(chat).extract(request("I live in Lisbon.", shown=["Ana lives in Porto."], **more))


def texts(extraction: Extraction) -> list[str]:
    return [memory.text for memory in extraction.memories]


async def test_success(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion(GOOD, prompt_tokens=900, completion_tokens=40))
    extraction = await extract(chat)
    assert texts(extraction) == ["Ana lives in Lisbon."]
    assert (extraction.usage.calls, extraction.usage.prompt_tokens, extraction.usage.completion_tokens) == (1, 900, 40)
    assert extraction.origin.model == "openai:test-model"
    (sent,) = server.requests
    assert sent.body["response_format"]["json_schema"] == {
        "name": "memories", "strict": True, "schema": json.loads(json.dumps(answer_schema()))
    }  # fmt: skip


async def test_nothing_to_remember_is_no_failure(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion({"memories": [], "refused": []}))
    extraction = await extract(chat)
    assert extraction.memories == ()
    assert extraction.usage.calls == 1


@pytest.mark.parametrize(
    "first",
    [
        completion("I noted that Ana lives in Lisbon!"),
        completion('{"memories": [{"text": "Ana lives in Lisb'),
        completion({"facts": []}),
        completion({"memories": [{"text": "x", "verdict": "perhaps"}]}),
        completion({"memories": [{"text": "x", "valid_at": "last week"}]}),
        completion("{}"),
    ],
    ids=["not JSON", "half of it", "another shape", "another verdict", "no date", "empty object"],
)
async def test_repaired(server: ChatServer, chat: OpenAIChat, first: object) -> None:
    server.script(first, completion(GOOD))  # type: ignore[arg-type]
    extraction = await extract(chat)
    assert texts(extraction) == ["Ana lives in Lisbon."]
    assert extraction.usage.calls == 2
    assert extraction.usage.prompt_tokens == 22
    repair = server.requests[1].body["messages"]
    assert [message["role"] for message in repair] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("steps", "error", "words"),
    [
        ([completion(None, refusal="I cannot help with that.")], ModelRefused, "I cannot help"),
        ([completion('{"memories": [', finish_reason="length")], ModelAnswerInvalid, "cut off"),
        ([completion("Sure!"), completion("Sure thing!")], ModelAnswerInvalid, "Sure thing!"),
        ([completion({"memories": "none"})] * 2, ModelAnswerInvalid, "not what was asked for"),
        ([completion("")], ModelAnswerInvalid, "empty answer"),
        ([failure(401, "Incorrect API key provided.")], ModelError, "did not accept the API key"),
        ([failure(429, "Slow down.", headers={"retry-after": "600"})], ModelUnavailable, "Slow down"),
        ([failure(500, "Oops.")] * 3, ModelUnavailable, "Oops"),
    ],
    ids=["refusal", "truncated", "never JSON", "never the schema", "empty", "401", "429", "500"],
)
async def test_a_failure_is_never_nothing_found(
    server: ChatServer, chat: OpenAIChat, steps: list[object], error: type[GraphmemError], words: str
) -> None:
    server.script(*steps)  # type: ignore[arg-type]
    with pytest.raises(error, match=words) as caught:
        await extract(chat)
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.details}"
    assert len(server.requests) == len(steps)


async def test_told_when_to_come_back(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(429, "Slow down.", headers={"retry-after": "600"}))
    with pytest.raises(ModelUnavailable) as caught:
        await extract(chat)
    assert caught.value.retry_after == 600


async def test_busy_then_well(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(429, "Slow down.", headers={"retry-after": "7"}), failure(500, "Oops."), completion(GOOD))
    assert texts(await extract(chat)) == ["Ana lives in Lisbon."]


async def test_broken_twice_then_well(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(500, "Oops."), failure(500, "Oops."), completion(GOOD))
    extraction = await extract(chat)
    assert texts(extraction) == ["Ana lives in Lisbon."]
    assert extraction.usage.calls == 1


async def test_an_id_that_was_never_shown(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion({"memories": [{"text": "Ana left.", "verdict": "supersedes", "targets": [7]}]}))
    (draft,) = (await extract(chat)).memories
    assert (draft.text, draft.verdict, draft.targets) == ("Ana left.", "new", ())


async def test_a_server_without_schemas(server: ChatServer, chat: OpenAIChat) -> None:
    refusal = failure(400, "This model does not support response_format json_schema.", param="response_format")
    server.script(refusal, completion("Sorry?"), completion(GOOD))
    extraction = await extract(chat)
    assert texts(extraction) == ["Ana lives in Lisbon."]
    assert extraction.usage.calls == 3
    assert server.requests[1].body["response_format"] == {"type": "json_object"}


async def test_never_more_calls_than_allowed(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion("Sure!"), completion(GOOD))
    with pytest.raises(ModelAnswerInvalid):
        await extract(chat, max_calls=1)
    assert len(server.requests) == 1


async def test_no_answer_in_time(server: ChatServer) -> None:
    server.script(hang())
    chat = OpenAIChat("test-model", api_key=KEY, base_url=server.base_url, timeout=0.2)
    with pytest.raises(ModelUnavailable):
        await extract(chat)
    await chat.aclose()


async def test_nothing_behind_the_address() -> None:
    chat = OpenAIChat("test-model", api_key=KEY, base_url=closed_url(), max_retries=0)
    with pytest.raises(ModelUnavailable):
        await extract(chat)
    await chat.aclose()
