"""One line of JSON a request, without anything that anybody wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from api.logs import configure
from graphmem.client.local import LocalBackend
from graphmem.engine.keys import create_key
from tests.api.conftest import connected, remember

pytestmark = pytest.mark.anyio


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as `configure` has it written."""
    stream = io.StringIO()
    names = ("graphmem", "uvicorn")
    before = {name: (log.handlers, log.level, log.propagate) for name in names if (log := logging.getLogger(name))}
    configure("debug", stream)
    yield stream
    for name, (handlers, level, propagate) in before.items():
        log = logging.getLogger(name)
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


async def test_a_request_is_one_line(backend: LocalBackend, app: FastAPI, log: io.StringIO) -> None:
    _, secret = await create_key(backend.engine.parts.store, "laptop", role="owner")
    async with connected(app, secret) as client:
        memory_id = await remember(client, "Quincunx")
        await client.get(f"/memories/{memory_id}", headers={"x-request-id": "mine"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    asked = next(line for line in lines if line.get("request_id") == "mine")
    assert {name: asked[name] for name in ("message", "logger", "level", "method", "route", "status", "key")} == {
        "message": "request",
        "logger": "graphmem.api",
        "level": "info",
        "method": "GET",
        "route": "/memories/{memory_id}",
        "status": 200,
        "key": "laptop",
    }
    assert asked["ms"] > 0
    assert asked["time"]
    assert secret not in log.getvalue()


async def test_nothing_that_was_written_is_logged(client: httpx.AsyncClient, log: io.StringIO) -> None:
    word = "quincunx"
    memory_id = await remember(client, f"The {word} is red.", user=word, metadata={word: word})
    await client.post("/search", json={"query": word, "user_id": word})
    await client.post("/search", json={"query": word, "user_id": word, "filters": {word: {word: word}}, word: word})
    await client.get("/memories", params={"user_id": word, "filters": f'{{"metadata.{word}": {{"near": 1}}}}'})
    await client.get("/graph/subgraph", params={"user_id": word, "entity": word})
    await client.get(f"/{word}")
    await client.post("/search", content=word, headers={"content-type": "application/json"})
    await client.delete(f"/memories/{word}")
    await client.delete(f"/entities/user/{word}")
    await client.get(f"/memories/{memory_id}", headers={"authorization": f"Bearer {word}"})
    assert len(log.getvalue().splitlines()) >= 10
    assert word not in log.getvalue()


async def test_refusals_and_unknown_addresses_are_logged(client: httpx.AsyncClient, log: io.StringIO) -> None:
    await client.get("/stats", headers={"host": "evil.example"})
    await client.get("/nothing")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [("unknown", 403), ("unknown", 404)]


def test_errors_of_others_are_logged_without_their_words(log: io.StringIO) -> None:
    try:
        raise ValueError("quincunx")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    line = json.loads(log.getvalue())
    assert line["error"] == "ValueError"
    assert "test_errors_of_others" in line["at"][-1]
    assert "quincunx" not in log.getvalue()


def test_configuring_again_does_not_double(log: io.StringIO) -> None:
    second = io.StringIO()
    configure("warning", second)
    logging.getLogger("graphmem.api").info("quiet")
    logging.getLogger("graphmem.api").warning("loud")
    assert log.getvalue() == ""
    assert json.loads(second.getvalue())["message"] == "loud"
