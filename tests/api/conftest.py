"""The app over a real embedded memory: SQLite, Qdrant Edge, the bundled embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import ServerOptions, create_app
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.settings import Settings

URL = "http://127.0.0.1:8000"

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(assemble(Settings(extractor="verbatim"), tmp_path / "memory"))


@asynccontextmanager
async def started(backend: LocalBackend, **options: Any) -> AsyncIterator[FastAPI]:
    """The app, between its start and its stop."""
    app = create_app(backend, ServerOptions(**options))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def app(backend: LocalBackend) -> AsyncIterator[FastAPI]:
    async with started(backend) as app:
        yield app


@pytest.fixture
def connect(app: FastAPI) -> Client:
    """Makes clients of the app: `key` is sent as a bearer, `peer` is where the call comes from."""
    return lambda key=None, **options: connected(app, key, **options)


def connected(
    app: FastAPI, key: str | None = None, *, peer: str = "127.0.0.1", url: str = URL, **headers: str
) -> httpx.AsyncClient:
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(peer, 50_000)), base_url=url, headers=headers, timeout=30
    )


@pytest.fixture
async def client(connect: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with connect() as client:
        yield client


@pytest.fixture(scope="module")
async def shared_app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """An app for a whole module, whose tests do not mind one another's memories."""
    folder = tmp_path_factory.mktemp("shared")
    async with started(LocalBackend(assemble(Settings(extractor="verbatim"), folder / "memory"))) as app:
        yield app


@pytest.fixture(scope="module")
async def shared(shared_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(shared_app) as client:
        yield client


async def remember(client: httpx.AsyncClient, text: str, user: str = "ana", **more: Any) -> str:
    """Add one memory as it stands; returns its id."""
    answer = await client.post("/memories", json={"messages": text, "user_id": user, "infer": False, **more})
    assert answer.status_code == 200, answer.text
    [item] = answer.json()["results"]
    return str(item["id"])


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, its shape checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["code"] == code, found
    assert isinstance(found["detail"], str)
    assert found["detail"]
    assert found["type"] == f"urn:graphmem:problem:{code}"
    assert found["title"]
    assert found["request_id"] == answer.headers["x-request-id"]
    return found
