"""What Prometheus is told."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metrics
from graphmem.errors import Unavailable
from graphmem.views import AddResult
from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio

Samples = dict[tuple[str, ...], float]


def read(text: str) -> Samples:
    """Every sample by (name, label values in the order of their names)."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scrape(client: httpx.AsyncClient) -> Samples:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    memory_id = await remember(client, "Ana sails.")
    await client.get(f"/memories/{memory_id}")
    await client.get("/memories/nonsense")
    await client.get("/nothing")
    await client.request("BREW", "/memories")
    found = await scrape(client)
    assert found["graphmem_requests_total", "GET", "/memories/{memory_id}", "200"] == 1
    assert found["graphmem_requests_total", "GET", "/memories/{memory_id}", "422"] == 1
    assert found["graphmem_requests_total", "GET", "unknown", "404"] == 1
    assert found["graphmem_request_seconds_count", "GET", "/memories/{memory_id}"] == 2
    assert any(name[:2] == ("graphmem_requests_total", "OTHER") for name in found)
    assert memory_id not in str(found)


async def test_stages_of_a_search_are_timed(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.")
    for _ in range(3):
        await client.post("/search", json={"query": "Atlas", "user_id": "ana"})
    found = await scrape(client)
    stages = {name[1]: value for name, value in found.items() if name[0] == "graphmem_search_stage_seconds_count"}
    assert len(stages) >= 3
    assert set(stages.values()) == {3}
    assert found["graphmem_searches_degraded_total",] == 0


async def test_a_search_without_the_index_is_degraded(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("The index does not answer.")

    await remember(client, "Ana leads Atlas.")
    monkeypatch.setattr(app.state.house.backend.engine.parts.index, "query", away)
    answer = (await client.post("/search", json={"query": "Atlas", "user_id": "ana"})).json()
    assert answer["degraded"]
    assert [hit["memory"] for hit in answer["results"]] == ["Ana leads Atlas."]
    assert (await scrape(client))["graphmem_searches_degraded_total",] == 1


async def test_what_is_held_and_how_far_the_index_lags(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    found = await scrape(client)
    assert found["graphmem_held", "memories"] == 1
    assert found["graphmem_held", "entities"] == 2
    assert found["graphmem_held", "points"] == 4
    assert found["graphmem_index_lag",] == 0
    assert found["graphmem_store_up",] == 1

    async def full(*_: object) -> None:
        raise Unavailable("The index cannot write.")

    monkeypatch.setattr(app.state.house.backend.engine.parts.index, "upsert", full)
    late = await client.post("/memories", json={"messages": "Ben rows.", "user_id": "ben", "infer": False})
    assert late.status_code == 200
    assert late.json()["message"]
    assert (await scrape(client))["graphmem_index_lag",] > 0
    assert (await client.get("/readyz")).json()["stale"] > 0


async def test_a_store_that_is_away_does_not_silence_the_rest(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("The store does not answer.")

    monkeypatch.setattr(app.state.house.backend.engine.parts.store, "tally", away)
    problem(await client.get("/readyz"), 503, "unavailable")
    found = await scrape(client)
    assert found["graphmem_store_up",] == 0
    assert found["graphmem_requests_total", "GET", "/readyz", "503"] == 1


async def test_events_are_counted(client: httpx.AsyncClient) -> None:
    items = [{"messages": f"Fact {number}", "user_id": "ana", "infer": False} for number in range(3)]
    await client.post("/memories/batch", json={"items": items})
    await remember(client, "Ana sails.")
    assert (await scrape(client))["graphmem_memory_events_total", "ADD"] == 4


def test_models_are_counted() -> None:
    metrics = Metrics()
    answer: AddResult = {
        "results": [],
        "relations": {"added": [], "closed": []},
        "usage": {"llm_calls": 2, "prompt_tokens": 300, "completion_tokens": 40, "milliseconds": 1.0},
    }
    metrics.add(answer)
    metrics.add(answer)
    found = read(metrics.render().decode())
    assert found["graphmem_model_calls_total",] == 4
    assert found["graphmem_model_tokens_total", "prompt"] == 600
    assert found["graphmem_model_tokens_total", "completion"] == 80


def test_two_apps_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.request("GET", "/stats", 200, 0.01)
    assert ("graphmem_requests_total", "GET", "/stats", "200") not in read(other.render().decode())
