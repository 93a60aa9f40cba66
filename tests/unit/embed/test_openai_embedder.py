"""The embeddings protocol, spoken to a real server on this machine."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest

from graphmem.embed import OpenAIEmbedder, known_dimensions
from graphmem.errors import ConfigurationError, InvalidInput, ModelAnswerInvalid, ModelError, ModelUnavailable
from tests.support.chat_server import DIMENSIONS, ChatServer, Reply, closed_url, embeddings, failure, hang

pytestmark = pytest.mark.anyio

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
async def embedder(server: ChatServer) -> AsyncIterator[OpenAIEmbedder]:
    embedder = OpenAIEmbedder("test-model", api_key=KEY, base_url=server.base_url)
    yield embedder
    await embedder.aclose()


def vectors(*rows: object, indices: list[int] | None = None) -> Reply:
    numbers = indices or list(range(len(rows)))
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in zip(numbers, rows, strict=True)]
    return Reply(body={"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}})


# ---- what is sent, what comes back


async def test_embeds(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    rows = await embedder.embed(["Ana lives in Porto.", "Bob sails.", "Ana lives in Porto."])
    assert rows.shape == (3, DIMENSIONS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(rows[0], rows[2])
    (request,) = server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "test-model",
        "input": ["Ana lives in Porto.", "Bob sails.", "Ana lives in Porto."],
        "encoding_format": "float",
    }


async def test_answers_are_put_in_order(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    server.script_embeddings(vectors([0.0, 2.0], [3.0, 0.0], indices=[1, 0]))
    assert (await embedder.embed(["a", "b"])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


async def test_large_and_small_numbers_are_scaled(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    server.script_embeddings(vectors([3e30, 4e30], [3e-30, 4e-30], [0.0, 0.0]))
    np.testing.assert_allclose(await embedder.embed(["a", "b", "c"]), [[0.6, 0.8], [0.6, 0.8], [0, 0]], atol=1e-6)


async def test_blank_texts_are_not_sent(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    rows = await embedder.embed(["", "Ana", " \n"])
    assert np.linalg.norm(rows, axis=1).round(5).tolist() == [0.0, 1.0, 0.0]
    assert server.requests[0].body["input"] == ["Ana"]
    assert (await embedder.embed([])).shape == (0, DIMENSIONS)
    assert (await embedder.embed([" "])).tolist() == [[0.0] * DIMENSIONS]
    assert len(server.requests) == 1


async def test_batches_are_bounded_in_number_and_size(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    rows = await embedder.embed([f"text {n}" for n in range(600)])
    assert rows.shape == (600, DIMENSIONS)
    assert [len(request.body["input"]) for request in server.requests] == [256, 256, 88]
    server.requests.clear()
    await embedder.embed(["é" * 10_000] * 40)
    sent = [[len(text.encode()) for text in request.body["input"]] for request in server.requests]
    assert all(sum(sizes) <= 300_000 for sizes in sent)
    assert {size for sizes in sent for size in sizes} == {8190}  # not through the middle of a character
    assert sum(map(len, sent)) == 40


async def test_prefixes_are_put_where_the_model_wants_them(server: ChatServer) -> None:
    embedder = OpenAIEmbedder("nomic-embed-text", base_url=server.base_url)
    await embedder.embed(["Ana"], kind="query")
    await embedder.embed(["Ana"])
    assert [r.body["input"] for r in server.requests] == [["search_query: Ana"], ["search_document: Ana"]]
    await embedder.aclose()


# ---- dimensions


async def test_dimensions_are_learned_from_the_first_answer(embedder: OpenAIEmbedder) -> None:
    with pytest.raises(ConfigurationError, match="first call") as caught:
        embedder.fingerprint  # noqa: B018
    assert caught.value.setting == "dimensions"
    assert await known_dimensions(embedder) == DIMENSIONS
    assert embedder.fingerprint == f"openai:test-model:{DIMENSIONS}"


async def test_dimensions_are_asked_for(server: ChatServer) -> None:
    embedder = OpenAIEmbedder("test-model", base_url=server.base_url, dimensions=5)
    assert (embedder.dimensions, embedder.fingerprint) == (5, "openai:test-model:5")
    assert await known_dimensions(embedder) == 5
    assert not server.requests
    assert (await embedder.embed(["Ana"])).shape == (1, 5)
    assert server.requests[0].body["dimensions"] == 5
    await embedder.aclose()


def test_openais_dimensions_are_known() -> None:
    assert OpenAIEmbedder("text-embedding-3-large", api_key=KEY).fingerprint == "openai:text-embedding-3-large:3072"


# ---- answers that are none


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (vectors([1.0, 0.0]), "returned 1 vectors for 2 texts"),
        (vectors([1.0], [1.0], [1.0]), "returned 3 vectors for 2 texts"),
        (vectors([1.0, 0.0], [1.0]), "something else than lists of numbers"),
        (vectors([1.0, None], [1.0, 2.0]), "not finite"),
        (vectors(["one"], ["two"]), "something else than lists of numbers"),
        (vectors([], []), "unequal or no length"),
        (vectors(1.0, 2.0), "unequal or no length"),
        (vectors([1e39], [1.0]), "not finite"),
        (Reply(body={"data": "none"}), "speaks no embeddings protocol"),
        (Reply(body={"choices": []}), "speaks no embeddings protocol"),
        (Reply(body=[1, 2]), "speaks no embeddings protocol"),
        (Reply(body=b"<html>welcome</html>", headers={"content-type": "text/html"}), "speaks no embeddings protocol"),
    ],
)
async def test_a_wrong_answer_is_an_error(
    server: ChatServer, embedder: OpenAIEmbedder, reply: Reply, says: str
) -> None:
    server.script_embeddings(reply)
    with pytest.raises(ModelAnswerInvalid, match=says) as caught:
        await embedder.embed(["a", "b"])
    assert (caught.value.provider, caught.value.model) == ("openai", "test-model")
    assert caught.value.hint


async def test_other_dimensions_than_expected_are_an_error(server: ChatServer, embedder: OpenAIEmbedder) -> None:
    await embedder.embed(["a"])
    server.script_embeddings(vectors([1.0, 2.0, 3.0]))
    with pytest.raises(ModelAnswerInvalid, match=f"of 3 dimensions where {DIMENSIONS} were expected"):
        await embedder.embed(["b"])
    wanted = OpenAIEmbedder("test-model", base_url=server.base_url, dimensions=4)
    server.script_embeddings(vectors([1.0, 2.0, 3.0]))
    with pytest.raises(ModelAnswerInvalid, match="of 3 dimensions where 4 were expected"):
        await wanted.embed(["b"])
    await wanted.aclose()


# ---- failures


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, ModelError, "refused .HTTP 400.: slow down"),
        (401, ModelError, "did not accept the API key"),
        (403, ModelError, "refused .HTTP 403."),
        (404, ModelError, "refused .HTTP 404."),
        (429, ModelUnavailable, "not available now .HTTP 429.: slow down"),
        (500, ModelUnavailable, "not available now .HTTP 500."),
        (503, ModelUnavailable, "not available now .HTTP 503."),
    ],
)
async def test_failures_say_who_and_what(server: ChatServer, status: int, kind: type[ModelError], says: str) -> None:
    embedder = OpenAIEmbedder("test-model", api_key=KEY, base_url=server.base_url, max_retries=0)
    server.script_embeddings(failure(status, f"slow down, key {KEY}", headers={"retry-after": "7"}))
    with pytest.raises(ModelError, match=says) as caught:
        await embedder.embed(["a"])
    error = caught.value
    assert type(error) is kind
    assert (error.provider, error.model, error.status) == ("openai", "test-model", status)
    assert getattr(error, "retry_after", None) == (7.0 if kind is ModelUnavailable else None)
    assert KEY not in "".join(traceback.format_exception(error)) + repr(error.details)
    await embedder.aclose()


async def test_used_up_credit_is_not_called_busy(server: ChatServer) -> None:
    embedder = OpenAIEmbedder("test-model", base_url=server.base_url, max_retries=0)
    server.script_embeddings(failure(429, "You exceeded your current quota.", code="insufficient_quota"))
    with pytest.raises(ModelError, match="credit is used up") as caught:
        await embedder.embed(["a"])
    assert type(caught.value) is ModelError
    await embedder.aclose()


@pytest.mark.parametrize("status", [429, 500])
async def test_a_busy_server_is_asked_again(server: ChatServer, embedder: OpenAIEmbedder, status: int) -> None:
    server.script_embeddings(failure(status, "busy", headers={"retry-after": "0", "retry-after-ms": "1"}), embeddings)
    assert (await embedder.embed(["a"])).shape == (1, DIMENSIONS)
    assert len(server.requests) == 2


async def test_nothing_behind_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    url = closed_url().replace("//", "//user:hidden@")
    embedder = OpenAIEmbedder("test-model", api_key=KEY, base_url=url, max_retries=0)
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:\d+/v1' cannot be reached") as caught:
        await embedder.embed(["a"])
    assert "hidden" not in "".join(traceback.format_exception(caught.value)) + caplog.text
    await embedder.aclose()


async def test_a_silent_server_times_out(server: ChatServer) -> None:
    embedder = OpenAIEmbedder("test-model", base_url=server.base_url, timeout=0.2, max_retries=0)
    server.script_embeddings(hang())
    with pytest.raises(ModelUnavailable, match=r"did not answer within 0.2 seconds"):
        await embedder.embed(["a"])
    await embedder.aclose()


async def test_a_lone_surrogate_is_refused(embedder: OpenAIEmbedder) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        await embedder.embed(["half \ud83d"])


async def test_elsewhere_is_forbidden_in_tests() -> None:
    with pytest.raises(ConfigurationError, match="forbidden here"):
        await OpenAIEmbedder("text-embedding-3-small", api_key=KEY).embed(["a"])


# ---- settings


async def test_a_server_of_ones_own_needs_no_key_and_hears_of_none(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: header-secret")
    monkeypatch.setenv("HTTP_PROXY", closed_url())
    embedder = OpenAIEmbedder("test-model", base_url=server.base_url + "/")
    await embedder.embed(["a"])
    headers = server.requests[0].headers
    assert "authorization" not in headers
    assert "secret" not in repr(headers)
    await embedder.aclose()


async def test_the_environment_names_address_and_key(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    embedder = OpenAIEmbedder("test-model")
    await embedder.embed(["a"])
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    await embedder.aclose()


async def test_closing_twice_is_fine_and_embedding_afterwards_opens_again(embedder: OpenAIEmbedder) -> None:
    await embedder.embed(["a"])
    await embedder.aclose()
    await embedder.aclose()
    assert (await embedder.embed(["a"])).shape == (1, DIMENSIONS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "need an API key"),
        ({"api_key": "  "}, "need an API key"),
        ({"api_key": "sk 12"}, "characters that no key has"),
        ({"api_key": "ключ"}, "characters that no key has"),
        ({"api_key": KEY, "base_url": ""}, "base URL of the embedder is empty"),
        ({"api_key": KEY, "base_url": " "}, "base URL of the embedder is empty"),
        ({"api_key": KEY, "base_url": "localhost:11434"}, "not an http"),
        ({"api_key": KEY, "base_url": "http://"}, "not an http"),
    ],
)
def test_wrong_settings_say_what_to_set(options: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        OpenAIEmbedder("text-embedding-3-small", **options)
    assert caught.value.hint
    assert caught.value.setting
    assert KEY not in str(caught.value)
