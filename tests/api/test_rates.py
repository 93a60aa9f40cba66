"""How often a key may call."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import Caller
from api.rates import Rates
from graphmem.client.local import LocalBackend
from graphmem.client.remote import RemoteBackend
from graphmem.engine.keys import create_key
from graphmem.errors import Unavailable
from tests.api.conftest import URL, Client, problem

pytestmark = pytest.mark.anyio


class Called:
    """Stands where the caller is found: whoever `caller` is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.caller: Caller | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"caller": self.caller, "request_id": "1"}
        await self._app(scope, receive, send)


def caller(name: str | None, rate: int | None) -> Caller:
    return Caller(name=name, role="reader", projects=("default",), rate=rate)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limited(clock: Clock) -> tuple[httpx.AsyncClient, Called]:
    async def hello(_: Any) -> PlainTextResponse:
        return PlainTextResponse("hello")

    door = Called(Rates(Starlette(routes=[Route("/", hello)]), clock=clock, calendar=lambda: clock.now + 0.5))
    return httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url=URL), door


def left(answer: httpx.Response) -> tuple[int, int, int, int]:
    names = ("limit", "remaining", "reset")
    return answer.status_code, *(int(answer.headers[f"x-ratelimit-{name}"]) for name in names)  # type: ignore[return-value]


async def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    client, door = limited(clock)
    door.caller = caller("bo", 3)
    async with client:
        assert [left(await client.get("/")) for _ in range(3)] == [
            (200, 3, 2, 1_021),
            (200, 3, 1, 1_041),
            (200, 3, 0, 1_061),
        ]
        refused = await client.get("/")
        assert left(refused) == (429, 3, 0, 1_061)
        assert refused.headers["retry-after"] == "20"
        found = refused.json()
        assert (found["code"], found["limit"], found["retry_after"]) == ("rate_limited", 3, 20)
        clock.now += 19.5
        assert (await client.get("/")).headers["retry-after"] == "1"
        clock.now += 0.5
        assert left(await client.get("/"))[0] == 200
        assert (await client.get("/")).status_code == 429
        clock.now += 1e6
        assert [(await client.get("/")).status_code for _ in range(4)] == [200, 200, 200, 429]


async def test_each_key_has_its_own() -> None:
    client, door = limited(Clock())
    async with client:
        for name in ("bo", "ana"):
            door.caller = caller(name, 1)
            assert [(await client.get("/")).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("who", [None, caller(None, None), caller("bo", None)])
async def test_who_has_no_rate_is_not_held_to_one(who: Caller | None) -> None:
    client, door = limited(Clock())
    door.caller = who
    async with client:
        answers = [await client.get("/") for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("x-ratelimit-limit" in answer.headers for answer in answers)


async def test_over_the_house(app: FastAPI, backend: LocalBackend, connect: Client) -> None:
    store = backend.engine.parts.store
    _, free = await create_key(store, "free", role="owner")
    key, secret = await create_key(store, "slow", role="reader", rate=2)
    assert key.rate == 2
    app.state.house.keys.forget()
    async with connect(secret) as client:
        assert [(await client.get("/stats")).status_code for _ in range(2)] == [200, 200]
        answer = await client.post("/search", content=b"{")
        found = problem(answer, 429, "rate_limited")
        assert found["hint"].startswith("Try again in")
        assert int(answer.headers["retry-after"]) == found["retry_after"]
        assert answer.headers["x-ratelimit-remaining"] == "0"
    async with connect(free) as client:
        assert (await client.get("/stats")).status_code == 200
    remote = RemoteBackend(URL, api_key=secret, transport=httpx.ASGITransport(app))
    with pytest.raises(Unavailable) as caught:
        await remote.stats()
    assert caught.value.retry_after == found["retry_after"]
    await remote.aclose()


async def test_a_rate_over_rest(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api-keys", json={"name": "slow", "role": "owner", "rate": 100})).json()
    assert made["rate"] == 100
    async with httpx.AsyncClient(transport=client._transport, base_url=URL) as again:
        mine = {"authorization": f"Bearer {made['key']}"}
        [listed] = (await again.get("/api-keys", headers=mine)).json()
        assert listed["rate"] == 100
        for rate in (0, -1, 1_000_001, "5", 1.5):
            answer = await again.post("/api-keys", json={"name": "x", "role": "owner", "rate": rate}, headers=mine)
            assert problem(answer, 422, "invalid_input")["field"] == "rate"
