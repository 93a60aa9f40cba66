"""Filled documents, profiles and summaries over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.engine.keys import create_key
from graphmem.llm import ScriptedChat
from graphmem.settings import Settings
from tests.api.conftest import Client, connected, problem, remember, started

pytestmark = pytest.mark.anyio

EMPLOYER = {
    "type": "object",
    "properties": {"employer": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["age"],
}


@pytest.fixture
async def ana(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await remember(client, "Ana works at Acme", relations=[["Ana", "WORKS_AT", "Acme"]])
    await remember(client, "Bob works at Initech", "bob", relations=[["Bob", "WORKS_AT", "Initech"]])
    return client


async def test_a_document_is_filled(ana: httpx.AsyncClient) -> None:
    answer = await ana.post("/exports", json={"schema": EMPLOYER, "user_id": "ana"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.pop("usage")["llm_calls"] == 0
    assert found == {"document": {"employer": "Acme"}, "missing": ["age"], "memories": 1}
    by_filter = await ana.post("/exports", json={"schema": EMPLOYER, "filters": {"user_id": "bob"}})
    assert by_filter.json()["document"] == {"employer": "Initech"}


async def test_profile_and_summary(ana: httpx.AsyncClient) -> None:
    profile = (await ana.get("/profile", params={"user_id": "ana"})).json()
    assert (profile["name"], profile["facts"], profile["memories"]) == ("Ana", {"works at": ["Acme"]}, 1)
    summary = (await ana.get("/summary", params={"user_id": "ana"})).json()
    assert (summary["summary"], summary["memories"]) == ("Ana works at Acme.", 1)


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"user_id": "ana"}, 422, "invalid_input", "schema"),
        ({"schema": "x", "user_id": "ana"}, 422, "invalid_input", "schema"),
        ({"schema": {"type": "thing"}, "user_id": "ana"}, 422, "invalid_input", "schema.type"),
        ({"schema": {"$ref": "http://169.254.169.254/x"}, "user_id": "ana"}, 422, "invalid_input", "schema.$ref"),
        ({"schema": {"description": "x" * 70_000}, "user_id": "ana"}, 413, "too_large", "schema"),
        ({"schema": {}}, 422, "invalid_input", "user_id"),
        ({"schema": {}, "user_id": "ana", "colour": "red"}, 422, "invalid_input", "colour"),
    ],
)
async def test_bad_input_is_a_problem(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    assert problem(await client.post("/exports", json=body), status, code)["field"] == field


async def test_instructions_without_a_model_are_a_problem(client: httpx.AsyncClient) -> None:
    body = {"schema": {}, "user_id": "ana", "instructions": "Be brief."}
    problem(await client.post("/exports", json=body), 422, "not_supported")
    problem(await client.get("/summary", params={"user_id": "ana", "instructions": "x"}), 422, "not_supported")


async def test_a_reader_may_and_sees_its_own_project_only(backend: LocalBackend, connect: Client) -> None:
    store = backend.engine.parts.store
    _, owner = await create_key(store, "mine", role="owner")
    _, secret = await create_key(store, "other", role="reader", projects=["other"])
    async with connect(owner) as mine, connect(secret) as other:
        await remember(mine, "Ana works at Acme", relations=[["Ana", "WORKS_AT", "Acme"]])
        assert (await mine.post("/exports", json={"schema": EMPLOYER, "user_id": "ana"})).json()["memories"] == 1
        answer = await other.post("/exports", json={"schema": EMPLOYER, "user_id": "ana"})
        assert answer.json()["document"] == {}
        assert (await other.get("/profile", params={"user_id": "ana"})).json()["memories"] == 0


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose exports ask a script."""
    chat = ScriptedChat([{"employer": "ACME", "age": 34}, {"summary": "At Acme."}])
    parts = assemble(Settings(extractor="verbatim"), tmp_path / "asking").parts
    async with (
        started(LocalBackend(Engine(replace(parts, chat=chat)))) as app,
        connected(app) as client,
    ):
        yield client


async def test_what_a_model_cost_is_told_and_counted(asking: httpx.AsyncClient) -> None:
    await remember(asking, "Ana works at Acme")
    answer = await asking.post("/exports", json={"schema": EMPLOYER, "user_id": "ana", "instructions": "Loud."})
    assert (answer.json()["document"], answer.json()["usage"]["llm_calls"]) == ({"employer": "ACME", "age": 34}, 1)
    assert (await asking.get("/summary", params={"user_id": "ana"})).json()["summary"] == "At Acme."
    assert "graphmem_model_calls_total 2.0" in (await asking.get("/metrics")).text
