"""What every request passes: paths made plain, bodies bounded, nobody foreign while there is no key."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from graphmem.client.local import LocalBackend
from tests.api.conftest import connected, problem, remember, started

pytestmark = pytest.mark.anyio

HERE = "http://127.0.0.1"


@pytest.mark.parametrize("path", ["/memories", "/memories/", "//memories", "/memories//", "///memories///"])
async def test_slashes_make_no_difference(shared: httpx.AsyncClient, path: str) -> None:
    answer = await shared.get(f"{HERE}{path}?user_id=ana")
    assert answer.status_code == 200, answer.text
    assert answer.history == []
    body = {"messages": "x", "user_id": "ana", "infer": False}
    assert (await shared.post(f"{HERE}{path}", json=body)).status_code == 200


async def test_slashes_inside_an_id_stay(shared: httpx.AsyncClient) -> None:
    answer = await shared.get(f"{HERE}/memories/a%2F%2Fb")
    assert problem(answer, 404, "no_such_route")


# -- bodies


@pytest.fixture
async def small(backend: LocalBackend) -> AsyncIterator[httpx.AsyncClient]:
    async with started(backend, max_body=1_000) as app, connected(app) as client:
        yield client


async def test_a_body_over_the_bound(small: httpx.AsyncClient) -> None:
    found = problem(await small.post("/search", json={"query": "x" * 1_000}), 413, "too_large")
    assert found["limit"] == 1_000
    assert found["actual"] > 1_000


async def test_a_body_over_the_bound_in_pieces(small: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    answer = await small.post("/search", content=pieces(), headers={"content-type": "application/json"})
    problem(answer, 413, "too_large")


async def test_a_body_within_the_bound_in_pieces(small: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"query": "x",'
        yield b'"user_id": "ana"}'

    answer = await small.post("/search", content=pieces(), headers={"content-type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "9" * 40])
async def test_a_length_that_is_none(small: httpx.AsyncClient, length: str) -> None:
    answer = await small.post("/search", content=b"{}", headers={"content-length": length})
    assert answer.status_code in (400, 413)
    problem(answer, answer.status_code, "too_large" if answer.status_code == 413 else "malformed_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_bodies_are_json(shared: httpx.AsyncClient, kind: str) -> None:
    body = b'{"query": "x", "user_id": "ana"}'
    answer = await shared.post("/search", content=body, headers={"content-type": kind})
    assert "application/json" in problem(answer, 415, "unsupported_media_type")["hint"]


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON; charset=utf-8", "application/ld+json"])
async def test_json_by_its_names(shared: httpx.AsyncClient, kind: str) -> None:
    body = b'{"query": "x", "user_id": "ana"}'
    answer = await shared.post("/search", content=body, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text


# -- who may come without a key


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:99", "127.9.9.9", "[::1]:8000", "LOCALHOST"]
)
async def test_names_of_this_machine(shared: httpx.AsyncClient, host: str) -> None:
    assert (await shared.get("/stats", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1:8000", "", "[", "localhost@evil"]
)
async def test_names_of_others(shared: httpx.AsyncClient, host: str) -> None:
    for path in ("/stats", "/healthz", "/openapi.json"):
        answer = await shared.get(path, headers={"host": host})
        assert "keys create" in problem(answer, 403, "foreign_host")["hint"]


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8000", "https://[::1]"])
async def test_pages_of_this_machine(shared: httpx.AsyncClient, origin: str) -> None:
    assert (await shared.get("/stats", headers={"origin": origin})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "", "http://["])
async def test_pages_of_others(shared: httpx.AsyncClient, origin: str) -> None:
    problem(await shared.post("/reset", headers={"origin": origin}), 403, "foreign_origin")


async def test_one_foreign_name_among_several_is_enough(shared: httpx.AsyncClient) -> None:
    twice = [("host", "localhost"), ("host", "evil.example")]
    problem(await shared.get("/stats", headers=twice), 403, "foreign_host")


@pytest.mark.parametrize("peer", ["10.0.0.7", "::2", "192.168.1.5"])
async def test_other_machines(shared_app: FastAPI, peer: str) -> None:
    async with connected(shared_app, peer=peer) as client:
        problem(await client.get("/stats"), 401, "unauthenticated")


@pytest.mark.parametrize("peer", ["::1", "::ffff:127.0.0.1", "127.0.0.9"])
async def test_this_machine_by_its_addresses(shared_app: FastAPI, peer: str) -> None:
    async with connected(shared_app, peer=peer) as client:
        assert (await client.get("/stats")).status_code == 200


async def test_any_token_is_taken_while_there_is_no_key(shared_app: FastAPI) -> None:
    async with connected(shared_app, "whatever") as client:
        await remember(client, "Ana sails.")


# -- request ids


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
async def test_a_request_may_bring_its_id(shared: httpx.AsyncClient, given: str) -> None:
    assert (await shared.get("/stats", headers={"x-request-id": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "ünï"])
async def test_an_id_that_would_spoil_the_log_is_replaced(shared: httpx.AsyncClient, given: str) -> None:
    answer = await shared.get("/stats", headers={"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


async def test_every_request_has_an_id_of_its_own(shared: httpx.AsyncClient) -> None:
    ids = {(await shared.get("/healthz")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
