"""What the comparison with others stands on: an address that speaks as OpenAI's does, and fair arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from openai import BadRequestError, OpenAI

from bench.beside import recall_at, said, summary, texts_alone
from bench.data import Question, Task
from bench.endpoint import Endpoint
from bench.latency import facts
from bench.peers import fuse, stay_here, timed
from graphmem.embed.bundled import BundledEmbedder

TEXTS = ["Marta moved to Galway.", "Rui bakes.", "One line\nand another, " * 400]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[OpenAI]:
    with OpenAI(base_url=endpoint.base_url, api_key="none", max_retries=0) as client:
        yield client


@pytest.mark.anyio
@pytest.mark.parametrize("asked", [{}, {"encoding_format": "float", "dimensions": 256}], ids=["base64", "float"])
async def test_a_batch_is_answered_with_the_bundled_models_vectors(client: OpenAI, asked: dict[str, Any]) -> None:
    answer = client.embeddings.create(model="m", input=TEXTS, **asked)
    assert [each.index for each in answer.data] == [0, 1, 2]
    wanted = await BundledEmbedder().embed(TEXTS)
    np.testing.assert_allclose([each.embedding for each in answer.data], wanted, atol=1e-6)


def test_unless_it_is_asked_for_numbers_the_client_is_sent_base64(endpoint: Endpoint) -> None:
    body = {"input": "Rui bakes.", "model": "m", "encoding_format": "base64"}
    answer = httpx.post(f"{endpoint.base_url}/embeddings", json=body).json()
    assert isinstance(answer["data"][0]["embedding"], str)


@pytest.mark.parametrize(
    "asked",
    [{"input": ""}, {"input": []}, {"input": ["a"], "dimensions": 64}, {"input": ["a"], "encoding_format": "int8"}],
    ids=str,
)
def test_what_it_cannot_answer_is_refused_and_the_connection_goes_on(client: OpenAI, asked: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match=r"has to be|can only be"):
        client.embeddings.create(**({"model": "m"} | asked))
    assert len(client.embeddings.create(model="m", input="a").data) == 1


def test_what_both_rankings_have_comes_first_and_ties_stay_in_order() -> None:
    assert fuse([["a", "b", "c"], ["d", "c"]]) == ["c", "a", "d", "b"]
    assert fuse([["a"], []]) == ["a"]


def test_the_peers_reach_no_other_machine() -> None:
    with pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        stay_here("socket.connect", (None, ("192.0.2.1", 443)))
    with pytest.raises(PermissionError, match=r"elsewhere\.example"):
        stay_here("socket.getaddrinfo", ("elsewhere.example", 443, 0, 0, 0))
    stay_here("socket.connect", (None, ("127.0.0.1", 443)))
    stay_here("socket.getaddrinfo", ("127.0.0.1", 443, 0, 0, 0))


def test_slow_calls_are_measured_less_often_but_never_less_than_fifty_times() -> None:
    assert len(timed([lambda: None] * 80, patience=0.0)) == 50
    assert len(timed([lambda: None] * 80, patience=60.0)) == 80
    assert len(timed([lambda: None] * 20, patience=0.0)) == 20


def test_peers_get_the_text_and_who_said_it() -> None:
    item: dict[str, Any] = {"messages": "Ana bakes.", "user_id": "u", "metadata": {"key": "k"}}
    assert said(item).text == "Ana bakes."
    named = item | {"messages": {"role": "user", "name": "Ana", "content": "I bake."}}
    assert (said(named).text, said(named).user, said(named).key) == ("Ana: I bake.", "u", "k")
    [fact] = facts(1, 1)
    assert said(fact).key == "0"
    assert "relations" not in texts_alone([fact])[0]


def test_recall_is_the_mean_share_of_what_answers() -> None:
    questions = [Question("?", "u", frozenset("ab"), ""), Question("?", "u", frozenset("c"), "")]
    ranked = [["x", "a", "b"], ["x", "y", "c"]]
    task = Task("t", [], questions)
    assert [recall_at(cut, task, ranked) for cut in (1, 2, 3)] == [0.0, 0.25, 1.0]


def test_figures_are_in_milliseconds_and_memories_a_second() -> None:
    figures = summary({"fill": 2.0, "texts": 100, "search": [0.001, 0.002, 0.003]})
    assert (figures["bulk/s"], figures["search p50"], figures["search calls"]) == (50.0, pytest.approx(2.0), 3)
    assert "add p50" not in figures
