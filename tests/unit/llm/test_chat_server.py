"""The test server itself: what it says is what a client of the real thing would understand."""

from __future__ import annotations

import openai
import pytest

from tests.support.chat_server import DIMENSIONS, ChatServer, failure

pytestmark = pytest.mark.anyio


def client(server: ChatServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="k", base_url=server.base_url, max_retries=0)


async def test_embeddings_in_both_encodings(server: ChatServer) -> None:
    async with client(server) as openai_client:
        packed = await openai_client.embeddings.create(model="e", input=["Ana", "Bo"])
        plain = await openai_client.embeddings.create(model="e", input=["Ana"], encoding_format="float")
        short = await openai_client.embeddings.create(model="e", input="Ana", dimensions=3)
    assert [len(item.embedding) for item in packed.data] == [DIMENSIONS, DIMENSIONS]
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)
    assert packed.data[0].embedding != packed.data[1].embedding
    assert short.data[0].embedding == pytest.approx(plain.data[0].embedding[:3])
    assert packed.usage.total_tokens == 2


async def test_scripted_embeddings_and_unknown_endpoints(server: ChatServer) -> None:
    server.script_embeddings(failure(429, "slow down"))
    async with client(server) as openai_client:
        with pytest.raises(openai.RateLimitError):
            await openai_client.embeddings.create(model="e", input="Ana")
        with pytest.raises(openai.NotFoundError, match="no such endpoint"):
            await openai_client.moderations.create(input="Ana")


async def test_the_end_of_the_script(server: ChatServer) -> None:
    async with client(server) as openai_client:
        with pytest.raises(openai.BadRequestError, match="run out"):
            await openai_client.chat.completions.create(model="m", messages=[])
