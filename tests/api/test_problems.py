"""Every failure has one shape: a problem document, whatever went wrong, and wherever."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from api.errors import STATUS, problem_of
from graphmem import errors
from graphmem.errors import GraphmemError
from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio


def every_error() -> list[type[GraphmemError]]:
    return [getattr(errors, name) for name in errors.__all__]


def test_every_error_has_a_status_of_its_own_in_the_table() -> None:
    assert set(every_error()) == set(STATUS)
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize("kind", every_error())
async def test_each_error_arrives(
    shared_app: FastAPI, shared: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: type[GraphmemError]
) -> None:
    async def fail(*_: object) -> None:
        raise kind("Something happened to 'it'.", hint="Do this.", field="x", limit=3, retry_after=2.2)

    monkeypatch.setattr(shared_app.state.house.backend.engine.parts.store, "scopes", fail)
    answer = await shared.get("/entities")
    found = problem(answer, STATUS[kind], kind.code)
    assert (found["detail"], found["hint"]) == ("Something happened to 'it'.", "Do this.")
    assert (found["field"], found["limit"]) == ("x", 3)
    assert ("retry-after" in answer.headers) == (kind.__name__ in {*RETRIED})


RETRIED = {"Unavailable", "StoreLocked", "DiskFull", "ModelUnavailable"}


def test_unavailable_says_when_to_come_back() -> None:
    body, headers = problem_of(errors.Unavailable("Away.", retry_after=2.2))
    assert (headers["Retry-After"], body["retry_after"]) == ("3", 3)
    body, headers = problem_of(errors.Unavailable("Away."))
    assert (headers["Retry-After"], body["retry_after"]) == ("1", 1)


def test_what_json_cannot_say_is_left_out() -> None:
    error = errors.InvalidInput("No.", at=object(), much=float("nan"), deep={"a": [1, {"b": None}]}, keys={1: 2})
    body, _ = problem_of(error)
    assert body["deep"] == {"a": [1, {"b": None}]}
    assert {"at", "much", "keys"}.isdisjoint(body)


def test_an_error_cannot_take_the_place_of_the_problem() -> None:
    body, _ = problem_of(errors.ModelError("The model failed.", status=429, code="x", detail="y", provider="openai"))
    assert (body["status"], body["code"], body["detail"]) == (502, "model_error", "The model failed.")
    assert body["provider"] == "openai"


async def test_the_unforeseen_tells_nothing(
    shared_app: FastAPI, shared: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError("Ana's password is quincunx")

    monkeypatch.setattr(shared_app.state.house.backend.engine.parts.store, "scopes", fail)
    with caplog.at_level(logging.INFO, "graphmem.api"):
        answer = await shared.get("/entities")
    found = problem(answer, 500, "internal_error")
    assert "quincunx" not in answer.text
    assert "Traceback" not in answer.text
    logged = [record.__dict__["fields"] for record in caplog.records if record.levelname == "ERROR"]
    assert [each["error"] for each in logged] == ["ZeroDivisionError"]
    assert logged[0]["request_id"] == found["request_id"]
    assert any("fail" in place for place in logged[0]["at"])
    assert "quincunx" not in str(logged)


async def test_an_answer_that_breaks_off_breaks_the_connection(
    shared_app: FastAPI, shared: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await remember(shared, "Ana sails.")

    async def broken(*_: object) -> object:
        yield json.dumps({"type": "graphmem"})
        yield "x" * 100_000
        raise OSError("Ana sails.")

    monkeypatch.setattr(shared_app.state.house.backend.engine.transfer, "export", broken)
    with pytest.raises(Exception, match="broke off") as caught:
        await shared.get("/export")
    assert caught.value.__suppress_context__
    assert "Ana" not in str(caught.value)


async def test_an_export_that_fails_at_once_is_a_problem(shared: httpx.AsyncClient) -> None:
    problem(await shared.get("/export", params={"owners": "user:ana"}), 422, "invalid_input")


@pytest.mark.parametrize("path", ["/nothing", "/memories/x/y/z", "/v9/memories", "/graph", "/api-key"])
async def test_an_unknown_address(shared: httpx.AsyncClient, path: str) -> None:
    problem(await shared.get(path), 404, "no_such_route")


async def test_a_wrong_method(shared: httpx.AsyncClient) -> None:
    answer = await shared.put("/search", json={})
    assert "POST" in problem(answer, 405, "method_not_allowed")["detail"]
    assert answer.headers["allow"] == "POST"
    problem(await shared.request("BREW", "/memories"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{]",
        b'{"query": "x",}',
        b"\xff\xfe",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=["open", "wrong", "comma", "bytes", "number", "deep-list", "deep-object"],
)
async def test_malformed_json(shared: httpx.AsyncClient, body: bytes) -> None:
    answer = await shared.post("/search", content=body, headers={"content-type": "application/json"})
    problem(answer, 400, "malformed_json")


@pytest.mark.parametrize("body", [b"null", b"5", b'"x"', b"[]", b"true"])
async def test_json_that_is_no_object(shared: httpx.AsyncClient, body: bytes) -> None:
    answer = await shared.post("/search", content=body, headers={"content-type": "application/json"})
    problem(answer, 422, "invalid_input")


async def test_an_empty_body(shared: httpx.AsyncClient) -> None:
    problem(await shared.post("/search"), 422, "invalid_input")


async def test_several_faults_are_listed_without_what_was_sent(shared: httpx.AsyncClient) -> None:
    answer = await shared.post("/search", json={"query": 5, "user_id": {"quincunx": 1}, "top_k": 0, "foo": "quincunx"})
    found = problem(answer, 422, "invalid_input")
    assert {"query", "top_k", "foo"} <= {each["field"] for each in found["errors"]}
    assert "quincunx" not in answer.text


async def test_what_is_quoted_is_valid_json_again(shared: httpx.AsyncClient) -> None:
    body = b'{"query": "x", "user_id": "ana", "\\ud800\\u0000": 1}'
    answer = await shared.post("/search", content=body, headers={"content-type": "application/json"})
    problem(answer, 422, "invalid_input")
