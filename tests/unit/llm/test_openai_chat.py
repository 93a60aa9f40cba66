"""The chat-completions protocol, spoken to a real server on this machine."""

from __future__ import annotations

import json
import logging
import traceback
from email.utils import formatdate

import anyio
import httpx
import openai
import pytest

from graphmem.abc import ChatAnswer, ChatMessage, model_requests
from graphmem.errors import (
    ConfigurationError,
    InvalidInput,
    ModelAnswerInvalid,
    ModelError,
    ModelRefused,
    ModelUnavailable,
)
from graphmem.llm import OpenAIChat
from graphmem.llm.failures import failure_of_exception
from tests.support.chat_server import ChatServer, Reply, Request, closed_url, completion, failure, hang
from tests.unit.llm.samples import KEY, MESSAGES, SCHEMA, Pauses

pytestmark = pytest.mark.anyio

GOOD = '{"memories": ["Ana lives in Lisbon"]}'
NO_SCHEMA = failure(400, "This model does not support response format `json_schema`.", param="response_format")


async def ask(chat: OpenAIChat, messages: tuple[ChatMessage, ...] = MESSAGES) -> ChatAnswer:
    try:
        return await chat.ask(messages, schema=SCHEMA, schema_name="extraction")
    finally:
        await chat.aclose()


# ---- what is sent, what comes back


async def test_asks_for_strict_structured_output(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion(GOOD, prompt_tokens=120, completion_tokens=9))
    answer = await ask(chat)
    assert answer == ChatAnswer(text=GOOD, model="answering-model", prompt_tokens=120, completion_tokens=9, calls=1)
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Extract memories."},
            {"role": "user", "content": "I moved to Lisbon."},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "extraction", "strict": True, "schema": SCHEMA},
        },
        "temperature": 0.0,
    }
    assert chat.name == "openai:test-model"


async def test_content_parts_travel_as_they_are(server: ChatServer, chat: OpenAIChat) -> None:
    parts = ({"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": "data:,"}})
    server.script(completion(GOOD))
    await ask(chat, (ChatMessage(role="user", content=parts),))
    assert server.requests[0].body["messages"] == [{"role": "user", "content": list(parts)}]


async def test_the_bound_on_the_answer_is_sent(server: ChatServer) -> None:
    server.script(completion(GOOD))
    await ask(OpenAIChat("m", base_url=server.base_url, max_output_tokens=500, temperature=None))
    assert server.requests[0].body["max_completion_tokens"] == 500
    assert "temperature" not in server.requests[0].body


async def test_a_server_of_ones_own_needs_no_key(server: ChatServer) -> None:
    server.script(completion(GOOD))
    await ask(OpenAIChat("llama3.1", provider="ollama", base_url=server.base_url))
    assert "authorization" not in server.requests[0].headers


async def test_secrets_for_openai_do_not_reach_other_providers(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway-Token: gateway-secret\nnonsense")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.script(completion(GOOD), completion(GOOD))
    await ask(OpenAIChat("m", provider="groq", api_key="gsk-1", base_url=server.base_url))
    await ask(OpenAIChat("m", base_url=server.base_url))
    other, own = (request.headers for request in server.requests)
    assert other["authorization"] == "Bearer gsk-1"
    assert "secret" not in repr(other)
    assert own["openai-organization"] == "org-secret"


async def test_azure_deployments(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.base_url.removesuffix("/v1"))
    server.script(completion(GOOD))
    await ask(OpenAIChat("my-deployment", provider="azure"))
    (request,) = server.requests
    expected = "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
    assert request.path == expected
    assert request.headers["api-key"] == KEY


async def test_azure_v1_addresses_speak_the_plain_protocol(server: ChatServer) -> None:
    server.script(completion(GOOD))
    url = f"{server.base_url.removesuffix('/v1')}/openai/v1/"
    await ask(OpenAIChat("my-deployment", provider="azure", api_key=KEY, base_url=url))
    assert server.requests[0].path == "/openai/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_loopback_server_is_asked_past_the_proxy(
    server: ChatServer, chat: OpenAIChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", closed_url())
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.script(completion(GOOD))
    assert (await ask(chat)).text == GOOD


async def test_a_server_elsewhere_is_asked_through_the_proxy(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.base_url.removesuffix("/v1"))
    monkeypatch.delenv("http_proxy", raising=False)
    server.script(completion(GOOD))
    with model_requests(allowed=True):
        await ask(OpenAIChat("m", api_key=KEY, base_url="http://models.example/v1"))
    assert server.requests[0].path == "http://models.example/v1/chat/completions"


async def test_it_can_be_asked_again_after_closing(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion(GOOD), completion(GOOD))
    await ask(chat)
    await chat.aclose()
    assert (await ask(chat)).text == GOOD


@pytest.mark.parametrize(
    "content", [f"```json\n{GOOD}\n```", f"<think>\nHm, {{}}?\n</think>\n\n{GOOD}", f"\n {GOOD}\n"]
)
async def test_wrapping_is_taken_off(server: ChatServer, chat: OpenAIChat, content: str) -> None:
    server.script(completion(content))
    assert (await ask(chat)).text == GOOD


async def test_an_answer_without_usage_and_model(server: ChatServer, chat: OpenAIChat) -> None:
    choice = {"message": {"role": "assistant", "content": GOOD}, "finish_reason": "stop"}
    server.script(Reply(body={"choices": [choice]}))
    assert await ask(chat) == ChatAnswer(text=GOOD, model="test-model")


# ---- answers that are none


async def test_refusal(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion(None, refusal="I can't help with that."))
    with pytest.raises(ModelRefused, match="OpenAI model 'test-model' declined") as caught:
        await ask(chat)
    assert caught.value.answer == "I can't help with that."
    assert caught.value.details["provider"] == "OpenAI"


async def test_content_filter_in_the_answer(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion("The first half", finish_reason="content_filter"))
    with pytest.raises(ModelRefused) as caught:
        await ask(chat)
    assert caught.value.answer == "The first half"


async def test_content_filter_on_the_question(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(400, "The response was filtered.", code="content_filter", param="prompt"))
    with pytest.raises(ModelRefused, match="content filter"):
        await ask(chat)
    assert len(server.requests) == 1


async def test_truncated(server: ChatServer) -> None:
    server.script(completion('{"memories": ["Ana li', finish_reason="length"))
    chat = OpenAIChat("m", base_url=server.base_url, max_output_tokens=7)
    with pytest.raises(ModelAnswerInvalid, match="cut off at the limit of 7 tokens") as caught:
        await ask(chat)
    assert "max_output_tokens" in str(caught.value.hint)
    assert caught.value.answer == '{"memories": ["Ana li'


@pytest.mark.parametrize("content", [None, "", "  \n", "<think>I say nothing.</think>"])
async def test_empty(server: ChatServer, chat: OpenAIChat, content: str | None) -> None:
    server.script(completion(content))
    with pytest.raises(ModelAnswerInvalid, match="empty answer"):
        await ask(chat)


async def test_an_answer_in_parts(server: ChatServer, chat: OpenAIChat) -> None:
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": GOOD}, "odd"]
    server.script(Reply(body={"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}))
    assert (await ask(chat)).text == GOOD


@pytest.mark.parametrize("choices", [[], None, [{}], {"a": 1}, ["text"], [{"message": "text"}]])
async def test_no_choices(server: ChatServer, chat: OpenAIChat, choices: object) -> None:
    server.script(Reply(body={"object": "chat.completion", "model": "m", "choices": choices}))
    with pytest.raises(ModelAnswerInvalid, match="empty answer"):
        await ask(chat)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html><body>Welcome</body></html>", headers={"content-type": "text/html"}),
        Reply(body=b'{"choices": [', headers={"content-type": "application/json"}),
        Reply(body=["surprise"]),
        Reply(body=b"\xff\xfe\x00", headers={"content-type": "application/json"}),
    ],
    ids=["a web page", "broken JSON", "a list", "no text"],
)
async def test_something_else_is_listening(server: ChatServer, chat: OpenAIChat, reply: Reply) -> None:
    server.script(reply)
    with pytest.raises(ModelError, match="no chat-completions protocol") as caught:
        await ask(chat)
    assert type(caught.value) is ModelError
    assert server.base_url in str(caught.value)


async def test_an_error_passed_on_with_status_200(server: ChatServer, chat: OpenAIChat, pauses: Pauses) -> None:
    overloaded = {"error": {"code": 502, "message": "upstream overloaded"}}
    server.script(Reply(body=overloaded), completion(GOOD), Reply(body={"error": "odd"}))
    assert (await ask(chat)).text == GOOD
    assert len(pauses) == 1
    with pytest.raises(ModelError, match="odd"):
        await ask(chat)


async def test_the_model_wrote_no_valid_json(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(400, "Failed to generate JSON.", code="json_validate_failed", failed_generation='{"a": '))
    with pytest.raises(ModelAnswerInvalid, match="no valid JSON") as caught:
        await ask(chat)
    assert caught.value.answer == '{"a": '


# ---- keys, names, limits


@pytest.mark.parametrize(("status", "words"), [(401, "did not accept the API key"), (403, "HTTP 403")])
async def test_a_key_that_does_not_open(
    server: ChatServer, status: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.script(failure(status, f"Incorrect API key provided: {KEY}. Sent: Bearer {KEY}"))
    chat = OpenAIChat("m", provider="groq", api_key=KEY, base_url=server.base_url)
    with pytest.raises(ModelError, match=words) as caught:
        await ask(chat)
    assert type(caught.value) is ModelError
    assert "Groq" in str(caught.value)
    assert "GROQ_API_KEY" in str(caught.value.hint)
    assert caught.value.status == status
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.details) + caplog.text
    assert KEY not in shown
    assert len(server.requests) == 1


async def test_neither_key_nor_password_is_shown(server: ChatServer) -> None:
    url = server.base_url.replace("http://", "http://ana:pass-word@") + "?token=hidden"
    server.script(failure(404, "nothing here"))
    chat = OpenAIChat("m", api_key=KEY, base_url=url)
    with pytest.raises(ModelError) as caught:
        await ask(chat)
    shown = repr(chat) + str(caught.value) + repr(caught.value) + repr(caught.value.details)
    assert server.base_url in shown
    assert not [secret for secret in (KEY, "pass-word", "hidden") if secret in shown]


async def test_unknown_model(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(failure(404, "The model `test-model` does not exist", code="model_not_found"))
    with pytest.raises(ModelError, match="'test-model' was not found") as caught:
        await ask(chat)
    assert type(caught.value) is ModelError
    assert "base URL" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (failure(400, "maximum context length is 4096", code="context_length_exceeded"), "too long"),
        (failure(413, "Request too large"), "too long"),
        (failure(429, "You exceeded your current quota", code="insufficient_quota"), "credit"),
        (failure(402, "Insufficient Balance"), "credit"),
        (Reply(status=400, body={"detail": "bad role"}), "None"),
        (Reply(status=400, body=b"plain words", headers={"content-type": "text/plain"}), "None"),
    ],
)
async def test_what_no_retry_helps(
    server: ChatServer, chat: OpenAIChat, pauses: Pauses, reply: Reply, hint: str
) -> None:
    server.script(reply)
    with pytest.raises(ModelError, match="'test-model' could not be asked") as caught:
        await ask(chat)
    assert type(caught.value) is ModelError
    assert hint in str(caught.value.hint)
    assert pauses == []


# ---- busy, broken, out of reach


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": formatdate(0, usegmt=True)}, 0.0),
    ],
)
async def test_429_waits_as_asked(
    server: ChatServer, chat: OpenAIChat, pauses: Pauses, headers: dict[str, str], pause: float
) -> None:
    server.script(failure(429, "slow down", headers=headers), completion(GOOD))
    answer = await ask(chat)
    assert answer.calls == 1
    assert pauses == [pause]


async def test_429_for_ever(server: ChatServer, chat: OpenAIChat, pauses: Pauses) -> None:
    server.script(*[failure(429, "slow down", headers={"retry-after": "7"})] * 4)
    with pytest.raises(ModelUnavailable, match="slow down") as caught:
        await ask(chat)
    assert caught.value.retry_after == 7.0
    assert caught.value.status == 429
    assert pauses == [7.0, 7.0]
    assert len(server.requests) == 3


async def test_a_long_retry_after_is_not_waited_for(server: ChatServer, chat: OpenAIChat, pauses: Pauses) -> None:
    server.script(failure(429, "daily limit", headers={"retry-after": "3600"}))
    with pytest.raises(ModelUnavailable) as caught:
        await ask(chat)
    assert caught.value.retry_after == 3600.0
    assert pauses == []


@pytest.mark.parametrize("value", ["soon", "nan", "inf"])
async def test_a_senseless_retry_after_is_ignored(
    server: ChatServer, chat: OpenAIChat, pauses: Pauses, value: str
) -> None:
    server.script(failure(503, "busy", headers={"retry-after": value}), completion(GOOD))
    await ask(chat)
    assert 0.375 <= pauses[0] <= 0.5


async def test_500_twice_then_success(server: ChatServer, chat: OpenAIChat, pauses: Pauses) -> None:
    server.script(failure(500, "oops"), failure(500, "oops"), completion(GOOD))
    answer = await ask(chat)
    assert (answer.text, answer.calls) == (GOOD, 1)
    assert 0.375 <= pauses[0] <= 0.5
    assert 0.75 <= pauses[1] <= 1.0


async def test_500_for_ever(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(*[failure(500, "oops")] * 3)
    with pytest.raises(ModelUnavailable, match="oops") as caught:
        await ask(chat)
    assert caught.value.retry_after is None


async def test_no_answer_in_time(server: ChatServer, pauses: Pauses) -> None:
    server.script(hang(), completion(GOOD))
    chat = OpenAIChat("slow-model", base_url=server.base_url, timeout=0.2, sleep=pauses)
    with pytest.raises(ModelUnavailable, match=r"did not answer within 0\.2 seconds.*'slow-model'"):
        await ask(chat)
    assert pauses == []


async def test_nothing_behind_the_base_url(pauses: Pauses) -> None:
    url = closed_url()
    with pytest.raises(ModelUnavailable, match="cannot be reached at") as caught:
        await ask(OpenAIChat("m", base_url=url, sleep=pauses))
    assert url in str(caught.value)
    assert len(pauses) == 2


def test_the_drivers_own_timeout_is_no_lost_connection() -> None:
    request = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")
    assert failure_of_exception(openai.APITimeoutError(request), secret=None).kind == "timeout"


async def test_cancelling_is_no_failure_of_the_model(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(hang())
    with anyio.move_on_after(0.05) as scope:
        await ask(chat)
    assert scope.cancelled_caught


# ---- more modest forms


def mode(request: Request) -> str | None:
    return (request.body.get("response_format") or {}).get("type")


async def test_falls_back_to_json_mode_and_remembers(
    server: ChatServer, chat: OpenAIChat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="graphmem")
    server.script(NO_SCHEMA, completion(GOOD), completion(GOOD))
    assert (await ask(chat)).calls == 2
    assert (await ask(chat)).calls == 1
    assert [mode(request) for request in server.requests] == ["json_schema", "json_object", "json_object"]
    system = server.requests[1].body["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Extract memories.\n\n")
    assert json.loads(system["content"].rpartition("JSON Schema:\n")[2]) == SCHEMA
    assert "openai:test-model" in caplog.text
    assert "Lisbon" not in caplog.text


@pytest.mark.parametrize(
    "complaint",
    [
        failure(400, "This response_format type is unavailable now"),
        failure(422, "Input should be 'text' or 'json_object'", param="response_format"),
        failure(400, "Invalid JSON payload: unknown name at 'generation_config.response_schema'"),
        Reply(status=400, body={"error": "'response_format.type' must be 'text'"}),
    ],
)
async def test_complaints_about_the_form(server: ChatServer, chat: OpenAIChat, complaint: Reply) -> None:
    server.script(complaint, completion(GOOD))
    assert (await ask(chat)).calls == 2
    assert mode(server.requests[1]) == "json_object"


async def test_no_json_mode_either(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(NO_SCHEMA, failure(400, "response_format is not supported"), completion(GOOD))
    assert (await ask(chat)).calls == 3
    assert mode(server.requests[2]) is None
    assert "JSON Schema" in server.requests[2].body["messages"][0]["content"]


async def test_the_last_complaint_is_told(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(*[failure(400, "response_format is not supported")] * 3)
    with pytest.raises(ModelError, match="response_format is not supported"):
        await ask(chat)
    assert len(server.requests) == 3


async def test_the_schema_without_a_system_message_or_in_parts(server: ChatServer) -> None:
    server.script(completion(GOOD), completion(GOOD))
    url = server.base_url
    user = ChatMessage(role="user", content="Hi.")
    parts = ChatMessage(role="system", content=({"type": "text", "text": "Extract."},))
    await ask(OpenAIChat("m", provider="deepseek", base_url=url), (user,))
    await ask(OpenAIChat("m", provider="anthropic", base_url=url), (parts, user))
    plain, listed = (request.body["messages"] for request in server.requests)
    assert [message["role"] for message in plain] == ["system", "user"]
    assert "JSON Schema" in plain[0]["content"]
    assert [part["text"][:8] for part in listed[0]["content"]] == ["Extract.", "Answer w"]
    assert [mode(request) for request in server.requests] == ["json_object", None]
    assert parts.content == ({"type": "text", "text": "Extract."},)


async def test_drops_the_temperature_and_renames_the_bound(server: ChatServer) -> None:
    server.script(
        failure(400, "Unsupported value: 'temperature' does not support 0", param="temperature"),
        failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        completion(GOOD),
        completion(GOOD),
    )
    chat = OpenAIChat("m", provider="vllm", base_url=server.base_url, max_output_tokens=50)
    assert (await ask(chat)).calls == 3
    assert (await ask(chat)).calls == 1
    sent = [
        {key: r.body[key] for key in ("temperature", "max_tokens", "max_completion_tokens") if key in r.body}
        for r in server.requests
    ]
    assert sent == [
        {"temperature": 0.0, "max_tokens": 50},
        {"max_tokens": 50},
        {"max_completion_tokens": 50},
        {"max_completion_tokens": 50},
    ]


async def test_a_bound_that_is_too_large_is_told(server: ChatServer) -> None:
    server.script(*[failure(400, "max_tokens is too large: 9000")] * 2)
    with pytest.raises(ModelError, match="max_tokens is too large: 9000"):
        await ask(OpenAIChat("m", base_url=server.base_url, max_output_tokens=9000))


async def test_several_at_once_learn_one_lesson(server: ChatServer, chat: OpenAIChat) -> None:
    def strict(request: Request) -> Reply:
        return NO_SCHEMA if mode(request) == "json_schema" else completion(GOOD)

    server.script(*[strict] * 8)
    answers: list[ChatAnswer] = []

    async def one() -> None:
        answers.append(await chat.ask(MESSAGES, schema=SCHEMA, schema_name="extraction"))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(one)
    await chat.aclose()
    assert [answer.text for answer in answers] == [GOOD] * 4
    assert {mode(request) for request in server.requests} == {"json_schema", "json_object"}


# ---- what is not sent at all


async def test_forbidden_requests_are_not_sent(server: ChatServer, chat: OpenAIChat) -> None:
    server.script(completion(GOOD))
    with model_requests(allowed=False):
        with pytest.raises(ConfigurationError, match=r"api\.openai\.com"):
            await ask(OpenAIChat("gpt-4.1-mini", api_key=KEY))
        assert (await ask(chat)).text == GOOD


async def test_a_lone_surrogate(server: ChatServer, chat: OpenAIChat) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        await ask(chat, (ChatMessage(role="user", content="broken \ud800"),))
    assert server.requests == []


async def test_a_senseless_timeout() -> None:
    with pytest.raises(ConfigurationError, match="above 0 seconds"):
        OpenAIChat("m", api_key=KEY, timeout=0)
