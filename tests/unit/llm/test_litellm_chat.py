"""The adapter for litellm.

litellm is an extra and not part of the test environment. In its place stands a module of the same name that
sends what it is given to a local server and fails as litellm does: by classes derived from openai's, with a
response's words and headers only.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import openai
import pytest

from graphmem.abc import model_requests
from graphmem.errors import ConfigurationError, ModelError, ModelRefused, ModelUnavailable
from graphmem.llm import make_chat
from graphmem.llm.litellm import LiteLLMChat
from tests.support.chat_server import ChatServer, Reply, completion, failure
from tests.unit.llm.samples import KEY, MESSAGES, SCHEMA, Pauses

pytestmark = pytest.mark.anyio

GOOD = '{"memories": []}'


class BadRequestError(openai.BadRequestError):
    pass


class ContentPolicyViolationError(BadRequestError):
    pass


class RateLimitError(openai.RateLimitError):
    pass


class Timeout(openai.APITimeoutError):
    pass


async def acompletion(*, model: str, api_key: str, base_url: str, num_retries: int, **request: Any) -> Any:
    vendor, _, name = model.partition("/")
    try:
        async with openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=num_retries) as client:
            del request["max_retries"]
            answer = await client.chat.completions.create(model=name, **request)
    except openai.APIStatusError as exc:
        kinds: dict[str, type[openai.APIStatusError]] = {
            "RateLimitError": RateLimitError,
            "BadRequestError": ContentPolicyViolationError if "policy" in exc.message else BadRequestError,
        }
        kind = kinds[type(exc).__name__]
        error = kind(f"litellm: {vendor} - {exc.body['message']}", response=exc.response, body=None)
        error.litellm_response_headers = exc.response.headers
        raise error from exc
    refusal = answer.choices[0].message.refusal
    answer.choices[0].message.refusal = None
    answer.choices[0].message.provider_specific_fields = {"refusal": refusal}
    return answer


@pytest.fixture(autouse=True)
def litellm(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("litellm")
    module.acompletion = acompletion
    monkeypatch.setitem(sys.modules, "litellm", module)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "")
    return module


@pytest.fixture
def chat(server: ChatServer, pauses: Pauses) -> LiteLLMChat:
    return LiteLLMChat("bedrock/some-model", api_key=KEY, base_url=server.base_url, sleep=pauses)


async def ask(chat: Any) -> str:
    answer = await chat.ask(MESSAGES, schema=SCHEMA, schema_name="extraction")
    return answer.text


async def test_success(server: ChatServer) -> None:
    server.script(completion(GOOD))
    chat = make_chat(f"litellm:bedrock/some-model@{server.base_url}", api_key=KEY, max_output_tokens=9)
    assert await ask(chat) == GOOD
    assert chat.name == "litellm:bedrock/some-model"
    body = server.requests[0].body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("some-model", 9, 0.0)
    await chat.aclose()


async def test_it_is_kept_quiet(litellm: ModuleType, chat: LiteLLMChat) -> None:
    assert litellm.telemetry is False
    assert litellm.suppress_debug_info is True
    assert KEY not in repr(chat)


async def test_the_words_lead_to_another_form(server: ChatServer, chat: LiteLLMChat) -> None:
    server.script(failure(400, "no json_schema here"), completion(GOOD))
    assert await ask(chat) == GOOD
    assert server.requests[1].body["response_format"] == {"type": "json_object"}


async def test_retry_after(server: ChatServer, chat: LiteLLMChat, pauses: Pauses) -> None:
    server.script(failure(429, "slow", headers={"retry-after": "7"}), completion(GOOD))
    assert await ask(chat) == GOOD
    assert pauses == [7.0]


@pytest.mark.parametrize("reply", [completion(None, refusal="I will not."), failure(400, "against our policy")])
async def test_refusals(server: ChatServer, chat: LiteLLMChat, reply: Reply) -> None:
    server.script(reply)
    with pytest.raises(ModelRefused):
        await ask(chat)


async def test_other_errors(server: ChatServer, chat: LiteLLMChat) -> None:
    server.script(failure(400, f"something else, {KEY}"))
    with pytest.raises(ModelError, match="bedrock - something else") as caught:
        await ask(chat)
    assert KEY not in str(caught.value)


async def test_timeout(chat: LiteLLMChat, litellm: ModuleType) -> None:
    async def slow(**request: Any) -> Any:
        raise Timeout(request=None)

    litellm.acompletion = slow
    with pytest.raises(ModelUnavailable, match="did not answer within 60 seconds"):
        await ask(chat)


async def test_forbidden_requests_are_not_sent() -> None:
    with model_requests(allowed=False), pytest.raises(ConfigurationError, match="bedrock"):
        await ask(LiteLLMChat("bedrock/some-model"))
