"""The two ends of the wire: what the remote backend asks and gets is what the local one is asked and gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from graphmem.client.backend import Backend
from graphmem.client.local import LocalBackend
from graphmem.client.remote import RemoteBackend
from graphmem.engine.keys import create_key
from graphmem.errors import Forbidden, GraphmemError, InvalidFilter, InvalidInput, NotFound, Unavailable
from tests.api.conftest import URL

pytestmark = pytest.mark.anyio

ANA: dict[str, Any] = {"user_id": "ana"}


@pytest.fixture
async def remote(app: FastAPI) -> AsyncIterator[RemoteBackend]:
    backend = RemoteBackend(URL, transport=httpx.ASGITransport(app))
    await backend.open()
    yield backend
    await backend.aclose()


@pytest.fixture
async def town(remote: RemoteBackend) -> str:
    """Three facts; the id of the first."""
    items = [
        {"messages": text, "infer": False, "relations": [triple], "metadata": {"odd": "a\u2028b\x85c"}, **ANA}
        for text, triple in (
            ("Ana is a sister of Marta.", ("Ana", "SISTER_OF", "Marta")),
            ("Marta works at Critical Software.", ("Marta", "WORKS_AT", "Critical Software")),
            ("Critical Software\u2028is based in Coimbra.", ("Critical Software", "BASED_IN", "Coimbra")),
        )
    ]
    told: list[int] = []
    answers = await remote.add_many(items, told.append)
    assert told == [3]
    return answers[0]["results"][0]["id"]


READS: list[tuple[str, tuple[Any, ...]]] = [
    ("get_all", (ANA,)),
    ("get_all", ({**ANA, "top_k": 2, "filters": {"metadata.odd": {"contains": "b"}}},)),
    (
        "get_all",
        ({"filters": {"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}, "as_of": datetime(2999, 1, 1, tzinfo=UTC)},),
    ),
    ("entities", (ANA,)),
    ("entities", ({**ANA, "name": "marta", "limit": 1},)),
    ("relations", ({**ANA, "entity": "Marta", "types": ["WORKS_AT", "SISTER_OF"], "side": "subject"},)),
    ("subgraph", ({**ANA, "entity": "Ana", "depth": 2, "include_superseded": True},)),
    ("paths", ({**ANA, "source": "Ana", "target": "Coimbra", "max_length": 5},)),
    ("profile", (ANA,)),
    ("scopes", ()),
    ("stats", ()),
    ("index", ("verify",)),
]


@pytest.mark.parametrize(("method", "arguments"), READS, ids=lambda each: each if isinstance(each, str) else "")
async def test_both_answer_the_same(
    app: FastAPI, remote: RemoteBackend, town: str, method: str, arguments: tuple[Any, ...]
) -> None:
    local: Backend = app.state.house.backend
    assert await getattr(remote, method)(*arguments) == await getattr(local, method)(*arguments)


async def test_both_tell_the_same(app: FastAPI, remote: RemoteBackend, town: str) -> None:
    local: Backend = app.state.house.backend
    schema = {"type": "object", "properties": {"sister": {"type": "string"}}}
    filled, told = [await each.fill({**ANA, "schema": schema, "as_of": "2999-01-01"}) for each in (remote, local)]
    assert filled["document"] == told["document"]
    assert (filled["missing"], filled["memories"]) == ([], 3)
    one, other = [await each.summary(ANA) for each in (remote, local)]
    assert one["summary"] == other["summary"] != ""


async def test_a_memory_through_its_life(app: FastAPI, remote: RemoteBackend, town: str) -> None:
    local: Backend = app.state.house.backend
    assert await remote.get(town) == await local.get(town)
    found = await remote.search({**ANA, "query": "sister", "top_k": 1, "explain": True})
    assert found["results"][0]["id"] == town
    assert found["explain"]["milliseconds"]
    changed = await remote.update(town, {"text": "Ana is Marta's sister.", "expiration_date": "9999-01-01"})
    assert changed == await local.get(town)
    assert (await remote.update(town, {"expiration_date": None}))["expiration_date"] is None
    assert await remote.history(town) == await local.history(town)
    assert (await remote.delete(town))["receipt"]["state"] == "hidden"
    assert (await remote.delete_all(ANA))["receipt"]["counts"]["memories"] == 2
    assert (await remote.reset())["receipt"]["counts"].get("memories", 0) == 0
    assert (await remote.purge())["receipt"]["state"] == "erased"


async def test_everything_out_and_in_again(app: FastAPI, remote: RemoteBackend, town: str) -> None:
    local: Backend = app.state.house.backend
    lines = [line async for line in remote.export({})]
    assert [line async for line in remote.export({"owner": "user:ben"})] == lines[:1]
    before = await local.get_all(ANA)
    await remote.reset()
    await remote.purge()
    report = await remote.import_lines(lines, "again", {})
    assert (report["memories"], report["refused"]) == (3, [])
    assert await local.get_all(ANA) == before


@pytest.mark.parametrize(
    ("method", "arguments", "kind", "data"),
    [
        ("get", (str(uuid4()),), NotFound, {"kind": "memory"}),
        ("get", ("x y?z#%",), InvalidInput, {"field": "memory_id"}),
        ("add", ({"messages": "x"},), InvalidInput, {"field": "user_id"}),
        ("search", ({"query": "x", "filters": {"AND": [{"user_id": {"near": 1}}]}},), InvalidFilter, {}),
        ("subgraph", ({**ANA, "entity": "Zoe"},), NotFound, {"kind": "entity"}),
        ("entities", ({**ANA, "colour": "red"},), InvalidInput, {"field": "colour"}),
    ],
)
async def test_errors_arrive_as_what_they_are(
    app: FastAPI,
    remote: RemoteBackend,
    method: str,
    arguments: tuple[Any, ...],
    kind: type[GraphmemError],
    data: dict[str, Any],
) -> None:
    for backend in (remote, app.state.house.backend):
        with pytest.raises(kind) as caught:
            await getattr(backend, method)(*arguments)
        assert type(caught.value) is kind
        assert data.items() <= caught.value.details.items()


async def test_a_store_that_is_away_is_away_over_the_wire(
    app: FastAPI, remote: RemoteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("The store does not answer.", hint="Wait.", retry_after=7)

    monkeypatch.setattr(app.state.house.backend.engine.parts.store, "scopes", away)
    with pytest.raises(Unavailable, match="does not answer") as caught:
        await remote.scopes()
    assert (caught.value.hint, caught.value.retry_after) == ("Wait.", 7)


async def test_a_wrong_key_is_forbidden(backend: LocalBackend, app: FastAPI) -> None:
    _, secret = await create_key(backend.engine.parts.store, "laptop", role="reader")
    for key, message in ((None, "is needed"), ("gm_wrong", "not known")):
        remote = RemoteBackend(URL, api_key=key, transport=httpx.ASGITransport(app))
        with pytest.raises(Forbidden, match=message):
            await remote.stats()
        await remote.aclose()
    remote = RemoteBackend(URL, api_key=secret, transport=httpx.ASGITransport(app))
    assert (await remote.stats())["memories"] == 0
    with pytest.raises(Forbidden, match="needs 'owner'"):
        await remote.reset()
    await remote.aclose()
