"""Calls as mem0's clients send them: paths with a slash at the end, the key as a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.extraction.model import ModelExtractor
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings
from tests.api.conftest import connected, started

UNKNOWN = "00000000-0000-4000-8000-000000000000"
"""An id that no memory has."""

ANSWER = {"count", "next", "previous", "results"}
"""What every page has."""


class Model:
    """A server whose model answers as the test says."""

    def __init__(self, client: httpx.AsyncClient, chat: ScriptedChat, answers: list[Any]) -> None:
        self.client = client
        self.chat = chat
        self.answers = answers

    def says(self, *memories: dict[str, Any]) -> None:
        """What it finds in the next messages."""
        self.answers.append({"memories": list(memories)})


@pytest.fixture
async def model(tmp_path: Path) -> AsyncIterator[Model]:
    answers: list[Any] = []
    chat = ScriptedChat(lambda *_: answers.pop(0) if answers else {"memories": []})
    parts = assemble(Settings(extractor="verbatim"), tmp_path / "memory").parts
    backend = LocalBackend(Engine(replace(parts, extractor=ModelExtractor(chat))))
    async with started(backend) as app, connected(app) as client:
        yield Model(client, chat, answers)


def refusal(answer: httpx.Response, status: int, says: str = "") -> dict[str, Any]:
    """The body of a refusal as mem0's clients read it, its shape checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    for name in ("detail", "error", "message", "code"):
        assert isinstance(body[name], str), (name, body)
        assert body[name], (name, body)
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert says in body["detail"] or says in body["error"], body
    assert "Traceback" not in answer.text
    return body


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    """What a POST answers, which has to succeed."""
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def add(client: httpx.AsyncClient, text: str, user: str = "ana", **more: Any) -> str:
    """Add one memory as it stands; returns its id."""
    told = await post(client, "/v3/memories/add/", messages=text, user_id=user, infer=False, **more)
    [item] = told["results"]
    return str(item["id"])


async def texts(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    """The memories that filters cover, newest first."""
    return [each["memory"] for each in (await post(client, "/v3/memories/", filters=filters))["results"]]


async def ended(client: httpx.AsyncClient, event_id: str) -> dict[str, Any]:
    """The event, once what it stands for is done."""
    app: Any = client._transport.app  # type: ignore[attr-defined]
    with anyio.fail_after(30):
        await app.state.house.backend.engine.jobs.done("default", event_id)
    event: dict[str, Any] = (await client.get(f"/v1/event/{event_id}/")).json()
    return event
