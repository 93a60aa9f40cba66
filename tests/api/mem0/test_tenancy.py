"""Two keys never see one another, whatever they send to whichever route."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.mem0.routes import ROUTERS
from graphmem.engine.keys import create_key
from tests.api.conftest import connected
from tests.api.mem0.conftest import add, texts

pytestmark = pytest.mark.anyio

SECRET = "quincunx"
"""Stands in all that is Ana's, and nowhere else."""


def compatible() -> list[tuple[str, str]]:
    """Every compatible route, as method and path."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = sorted((method, route.path) for route in routes for method in route.methods)
    assert len(found) > 60
    return found


def filled(rng: random.Random, path: str, hers: list[str]) -> str:
    """The path with what belongs to Ana, or could, in its places."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + rng.choice(hers) + rest.partition("}")[2]
    return path + "/"


def body_of(rng: random.Random, hers: list[str]) -> dict[str, Any]:
    """Anything that names what is Ana's."""
    one = rng.choice(hers)
    fields: dict[str, Any] = {
        "user_id": one,
        "query": SECRET,
        "memory_id": one,
        "memory_ids": [one],
        "memories": [{"memory_id": one, "text": "changed"}],
        "text": "changed",
        "feedback": "NEGATIVE",
        "project_id": rng.choice(["ana", "*", "ana,ben", one]),
        "org_id": rng.choice(["graphmem", "ana"]),
        "filters": rng.choice([{"user_id": "*"}, {"memory_ids": hers}, {"OR": [{"user_id": "*"}, {"agent_id": "*"}]}]),
        "threshold": 0,
        "schema": {"type": "object", "properties": {"note": {"type": "string"}}},
        "memory_export_id": one,
        "entity_id": one,
        "operation": "trigger",
        "entity_type": "user",
    }
    names = rng.sample(sorted(fields), rng.randint(1, len(fields)))
    return {name: fields[name] for name in names}


async def call(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
    if method in ("GET", "DELETE"):
        texts = {name: value for name, value in body.items() if isinstance(value, str)}
        return await client.request(method, path, params=texts)
    return await client.request(method, path, json=body)


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_of_hers_reaches_him(app: FastAPI, seed: int) -> None:
    rng = random.Random(seed)
    store = app.state.house.backend.engine.parts.store
    secrets = {name: (await create_key(store, name, role="owner", projects=[name]))[1] for name in ("ana", "ben")}
    async with connected(app, secrets["ana"]) as hers, connected(app, secrets["ben"]) as his:
        ids = [await add(hers, f"The {SECRET} is {text}.", user=SECRET, run_id=SECRET) for text in ("here", "there")]
        before = [(await hers.get(f"/v1/memories/{id_}/")).json() for id_ in ids]
        known = [*ids, "user", "graphmem", "ana"]
        for method, path in compatible() * 3:
            answer = await call(his, method, filled(rng, path, known), body_of(rng, ids))
            assert answer.status_code < 500, (method, path, answer.text)
            assert "is here" not in answer.text, (method, path)
            assert "is there" not in answer.text, (method, path)
        assert [(await hers.get(f"/v1/memories/{id_}/")).json() for id_ in ids] == before
        assert len(await texts(hers, user_id=SECRET)) == 2


@pytest.mark.parametrize("role", ["reader", "writer"])
async def test_a_role_does_not_reach_beyond_itself(app: FastAPI, role: str) -> None:
    store = app.state.house.backend.engine.parts.store
    _, owner = await create_key(store, "ops", role="owner")
    _, secret = await create_key(store, "app", role=role)
    async with connected(app, owner) as ops, connected(app, secret) as client:
        id_ = await add(ops, "one")
        writes = [
            ("POST", "/v1/memories/", {"messages": "x", "user_id": "ana", "infer": False}),
            ("POST", "/v3/memories/add/", {"messages": "x", "user_id": "ana", "infer": False}),
            ("PUT", f"/v1/memories/{id_}/", {"text": "x"}),
            ("PUT", "/v1/batch/", {"memories": [{"memory_id": id_, "text": "y"}]}),
            ("POST", "/v1/feedback/", {"memory_id": id_, "feedback": "POSITIVE"}),
        ]
        for method, path, body in writes:
            assert (await client.request(method, path, json=body)).status_code == (403 if role == "reader" else 200)
        for path in (f"/v1/memories/{id_}/", "/v1/entities/", "/v1/stats/", "/v1/ping/"):
            assert (await client.get(path)).status_code == 200
        for path in (f"/v1/memories/{id_}/", "/v2/entities/user/ana/", "/v1/memories/?user_id=ana"):
            assert (await client.delete(path)).status_code == (403 if role == "reader" else 200)
