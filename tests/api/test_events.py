"""What is accepted to be done later: over HTTP, in the background of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from graphmem.client.local import LocalBackend
from graphmem.engine.jobs import Run
from graphmem.engine.keys import create_key
from graphmem.errors import ModelAnswerInvalid
from tests.api import live
from tests.api.conftest import Client, problem, remember
from tests.api.test_metrics import scrape

pytestmark = pytest.mark.anyio

ANA = {"user_id": "ana", "infer": False, "background": True}


async def queued(client: httpx.AsyncClient, text: Any, **more: Any) -> str:
    """Have one remembered later; the event's id."""
    answer = await client.post("/memories", json={"messages": text, **ANA, **more})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "PENDING"
    assert answer.json().keys() == {"event_id", "status"}
    return str(answer.json()["event_id"])


async def ended(app: FastAPI, client: httpx.AsyncClient, event_id: str) -> dict[str, Any]:
    """The event as it is told when it is over."""
    await app.state.house.backend.engine.jobs.done("default", event_id)
    answer = await client.get(f"/events/{event_id}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_accepted_is_done_and_told(app: FastAPI, client: httpx.AsyncClient) -> None:
    event_id = await queued(client, "Ana sails.")
    found = await ended(app, client, event_id)
    [memory] = (await client.get("/memories", params={"user_id": "ana"})).json()["results"]
    assert found.pop("results") == [{"id": memory["id"], "event": "ADD", "memory": "Ana sails."}]
    assert found.keys() == {
        *("id", "kind", "status", "error", "attempts", "created_at", "started_at", "updated_at", "completed_at")
    }
    assert (found["id"], found["kind"], found["status"], found["error"]) == (event_id, "add", "SUCCEEDED", None)


async def test_left_out_or_false_it_is_done_at_once(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana sails.", background=False)
    assert (await client.get("/events")).json() == {"results": [], "cursor": None}


async def test_what_is_wrong_is_said_at_once(client: httpx.AsyncClient) -> None:
    for wrong in (
        {"messages": "x"},
        {"messages": "", "user_id": "ana"},
        {"messages": "x", "user_id": "ana", "timestamp": "?"},
    ):
        problem(await client.post("/memories", json={**wrong, "background": True}), 422, "invalid_input")
    batch = {"items": [{"messages": "x", "user_id": "ana", "background": True}]}
    problem(await client.post("/memories/batch", json=batch), 422, "invalid_input")
    assert (await client.get("/events")).json()["results"] == []


async def test_a_failure_says_why(app: FastAPI, client: httpx.AsyncClient) -> None:
    async def refuse(_: Run) -> list[dict[str, Any]]:
        raise ModelAnswerInvalid("The model said nonsense.", hint="Use another one.")

    app.state.house.backend.engine.jobs.register("add", refuse)
    found = await ended(app, client, await queued(client, "Ana sails."))
    assert (found["status"], found["results"]) == ("FAILED", [])
    assert found["error"] == "The model said nonsense. Use another one."


async def test_events_come_newest_first_page_by_page(app: FastAPI, client: httpx.AsyncClient) -> None:
    told = [await queued(client, f"note {n}") for n in range(5)]
    await ended(app, client, told[-1])
    found: list[str] = []
    cursor = None
    while cursor is not None or not found:
        page = (await client.get("/events", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        found += [each["id"] for each in page["results"]]
        cursor = page["cursor"]
    assert found == told[::-1]
    problem(await client.get("/events", params={"cursor": "x"}), 422, "invalid_input")
    problem(await client.get("/events", params={"limit": 0}), 422, "invalid_input")


async def test_events_are_their_projects(app: FastAPI, backend: LocalBackend, connect: Client) -> None:
    store = backend.engine.parts.store
    _, red = await create_key(store, "red", role="writer", projects=["red"])
    _, blue = await create_key(store, "blue", role="owner", projects=["blue"])
    _, reader = await create_key(store, "reader", role="reader", projects=["red"])
    async with connect(red) as mine, connect(blue) as theirs, connect(reader) as reading:
        event_id = await queued(mine, "Ana sails.")
        await backend.engine.jobs.done("red", event_id)
        for client, seen in ((mine, True), (reading, True), (theirs, False)):
            answer = await client.get(f"/events/{event_id}")
            listed = (await client.get("/events")).json()["results"]
            if seen:
                assert answer.json()["results"][0]["memory"] == "Ana sails."
                assert [each["id"] for each in listed] == [event_id]
            else:
                problem(answer, 404, "not_found")
                assert listed == []
        problem(await reading.post("/memories", json={"messages": "x", **ANA}), 403, "forbidden")
        problem(await mine.get(f"/events/{uuid4()}"), 404, "not_found")
        problem(await mine.get("/events/nonsense"), 422, "invalid_input")
        [memory] = (await mine.get("/memories", params={"user_id": "ana"})).json()["results"]
        assert [each["by"] for each in (await mine.get(f"/memories/{memory['id']}/history")).json()] == ["red"]


async def test_jobs_are_counted(app: FastAPI, client: httpx.AsyncClient) -> None:
    await ended(app, client, await queued(client, "Ana sails."))
    found = await scrape(client)
    assert found["graphmem_jobs_total", "add", "SUCCEEDED"] == 1
    assert found["graphmem_jobs_waiting",] == 0
    assert found["graphmem_memory_events_total", "ADD"] == 1


async def test_a_server_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    place, told = tmp_path / "memory", []
    with live.started(place, tmp_path / "log") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3]
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            told = [await queued(client, f"note {n}", user_id=f"user {n % 3}") for n in range(40)]
        process.kill()
    with live.running(place, tmp_path / "log") as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            for n, event_id in enumerate(told):
                found: dict[str, Any] = {"status": "PENDING"}
                while found["status"] in ("PENDING", "RUNNING"):
                    found = (await client.get(f"/events/{event_id}")).json()
                assert [each["memory"] for each in found["results"]] == [f"note {n}"]
            page = (await client.get("/memories", params={"filters": '{"user_id": "*"}'})).json()["results"]
            assert sorted(each["memory"] for each in page) == sorted(f"note {n}" for n in range(40))
        assert server.stop().endswith("stopped in order\n")
