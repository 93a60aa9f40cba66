"""Questions over REST."""

from __future__ import annotations

from functools import partial

import anyio
import httpx
import pytest
from fastapi import FastAPI

from graphmem.errors import Unavailable
from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio


async def test_an_answer_says_how_it_was_found(client: httpx.AsyncClient) -> None:
    await remember(client, "Marta is Ana's sister.", relations=[["Ana", "SISTER_OF", "Marta"]])
    await remember(client, "Marta works at Critical Software.", relations=[["Marta", "WORKS_AT", "Critical Software"]])
    await remember(client, "Rain fell on the harbour.")
    answer = await client.post("/search", json={"query": "where does Ana's sister work?", "user_id": "ana"})
    assert answer.status_code == 200
    found = answer.json()
    hits = {hit["memory"]: hit for hit in found["results"]}
    hit = hits["Marta works at Critical Software."]
    assert 0 <= hit["score"] <= 1
    assert set(hit["scores"]) == {"semantic", "keyword", "graph", "context"}
    assert hit["path"]["text"]
    assert "WORKS_AT" in {edge["relationship"] for edge in found["relations"]}
    assert "explain" not in found


async def test_times_are_told_when_asked_for(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.")
    answer = await client.post("/search", json={"query": "Atlas", "user_id": "ana", "explain": True})
    assert answer.json()["explain"]["milliseconds"]


@pytest.mark.parametrize("stages", [("walk",), ("talk",), ("talk", "walk")])
async def test_a_store_that_goes_away_in_mid_search_is_said_to_be_away(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, stages: tuple[str, ...]
) -> None:
    async def away(after: float, *_: object) -> None:
        await anyio.sleep(after)
        raise Unavailable("The store does not answer.")

    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    for place, stage in enumerate(stages):  # one after another
        monkeypatch.setattr(app.state.house.backend.engine.parts.store, stage, partial(away, 0.01 * place))
    answer = await client.post("/search", json={"query": "who leads Atlas?", "user_id": "ana"})
    assert problem(answer, 503, "unavailable")["detail"] == "The store does not answer."
    assert "retry-after" in answer.headers


async def test_limit_is_another_name_for_top_k(client: httpx.AsyncClient) -> None:
    for number in range(4):
        await remember(client, f"Ana keeps boat number {number}.")
    question = {"query": "boat", "user_id": "ana"}
    assert len((await client.post("/search", json={**question, "limit": 2})).json()["results"]) == 2
    assert len((await client.post("/search", json={**question, "top_k": 3})).json()["results"]) == 3
    both = await client.post("/search", json={**question, "top_k": 3, "limit": 2})
    assert problem(both, 422, "invalid_input")["field"] == "limit"


async def test_expired_memories_show_by_either_name(client: httpx.AsyncClient) -> None:
    await remember(client, "The ferry ticket is blue.", expiration_date="2020-01-01")
    question = {"query": "ferry ticket", "user_id": "ana"}
    assert (await client.post("/search", json=question)).json()["results"] == []
    for name in ("include_expired", "show_expired"):
        assert len((await client.post("/search", json={**question, name: True})).json()["results"]) == 1


async def test_a_threshold_cuts(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.")
    question = {"query": "Atlas", "user_id": "ana", "threshold": 1.0}
    assert (await client.post("/search", json=question)).json()["results"] == []
    problem(await client.post("/search", json={**question, "threshold": 1.5}), 422, "invalid_input")


async def test_two_users_in_one_question(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana's kite is red.")
    await remember(client, "Ben's kite is green.", user="ben")
    await remember(client, "Cleo's kite is white.", user="cleo")
    either = {"query": "kite", "filters": {"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}}
    found = (await client.post("/search", json=either)).json()["results"]
    assert {hit["user_id"] for hit in found} == {"ana", "ben"}


async def test_whose_memory_has_to_be_said(client: httpx.AsyncClient) -> None:
    found = problem(await client.post("/search", json={"query": "kite"}), 422, "invalid_input")
    assert found["field"] == "user_id"
    assert found["hint"]


async def test_a_bad_filter_says_where(client: httpx.AsyncClient) -> None:
    question = {"query": "kite", "user_id": "ana", "filters": {"AND": [{"metadata.trip": {"near": 3}}]}}
    found = problem(await client.post("/search", json=question), 422, "invalid_filter")
    assert "near" in found["detail"]
    assert found["path"]


async def test_reranking_without_a_reranker(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.")
    question = {"query": "Atlas", "user_id": "ana", "rerank": True}
    found = problem(await client.post("/search", json=question), 422, "not_supported")
    assert found["hint"]
