"""Upkeep over REST: scopes, counts, the index, erasing, health."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from graphmem import __version__
from graphmem.errors import Unavailable
from tests.api.conftest import problem, remember

pytestmark = pytest.mark.anyio


async def test_who_has_memories(client: httpx.AsyncClient) -> None:
    await remember(client, "One", agent_id="coach")
    await remember(client, "Two")
    answer = await client.get("/entities")
    assert answer.status_code == 200, answer.text
    found = {(each["type"], each["id"]): each["memories"] for each in answer.json()}
    assert found == {("agent", "coach"): 1, ("user", "ana"): 2}


@pytest.mark.parametrize("user", ["ana", "a/b", "http://x//y", "50%", "ana/", "ünï"])
async def test_somebody_is_deleted_whatever_the_name(client: httpx.AsyncClient, user: str) -> None:
    await remember(client, "Gone", user=user)
    await remember(client, "Kept", user="other")
    quoted = "".join(f"%{byte:02X}" for byte in user.encode())
    answer = await client.delete(f"/entities/user/{quoted}/")
    assert answer.json()["receipt"]["counts"]["memories"] == 1
    assert [each["id"] for each in (await client.get("/entities")).json()] == ["other"]


async def test_everybody_is_nobody(client: httpx.AsyncClient) -> None:
    await remember(client, "Kept")
    problem(await client.delete("/entities/user/*"), 422, "invalid_input")
    problem(await client.delete("/entities/planet/mars"), 422, "invalid_input")
    assert len((await client.get("/entities")).json()) == 1


async def test_counts(client: httpx.AsyncClient) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    found = (await client.get("/stats")).json()
    assert (found["memories"], found["entities"], found["relations"], found["stale"]) == (1, 2, 1, 0)


@pytest.mark.parametrize(
    ("action", "expected"),
    [("drain", {"drained": 0}), ("rebuild", {"points": 4}), ("verify", {"clean": True}), ("repair", {"clean": True})],
)
async def test_the_index_is_cared_for(client: httpx.AsyncClient, action: str, expected: dict[str, object]) -> None:
    await remember(client, "Ana leads Atlas.", relations=[["Ana", "LEADS", "Atlas"]])
    answer = await client.post(f"/index/{action}")
    assert answer.status_code == 200, answer.text
    assert expected.items() <= answer.json().items()


async def test_the_index_knows_no_other_deeds(client: httpx.AsyncClient) -> None:
    assert problem(await client.post("/index/destroy"), 422, "invalid_input")["field"] == "action"


async def test_reset_and_purge_leave_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    await remember(client, "The password of the boathouse is quincunx.")
    assert (await client.post("/reset")).json()["receipt"]["counts"]["memories"] == 1
    assert (await client.get("/memories", params={"user_id": "*"})).json()["results"] == []
    assert (await client.post("/purge")).json()["receipt"]["state"] == "erased"
    assert b"quincunx" not in everything_in(tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_what_it_is_made_of(client: httpx.AsyncClient) -> None:
    found = (await client.get("/configure")).json()
    assert (found["store"], found["index"], found["extractor"]) == ("SQLiteStore", "EdgeIndex", "VerbatimExtractor")
    assert found["embedder"].startswith("wordllama")


@pytest.mark.parametrize("path", ["/", "/healthz"])
async def test_it_says_that_it_is_here(client: httpx.AsyncClient, path: str) -> None:
    found = (await client.get(path)).json()
    assert (found["service"], found["version"]) == ("graphmem", __version__)


async def test_it_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).json() == {"ready": True, "stale": 0}


async def test_it_is_not_ready_without_a_store(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(project: str | None = None) -> dict[str, int]:
        raise Unavailable("The store does not answer.", retry_after=7)

    monkeypatch.setattr(app.state.house.backend.engine.parts.store, "tally", away)
    answer = await client.get("/readyz")
    assert problem(answer, 503, "unavailable")["retry_after"] == 7
    assert answer.headers["retry-after"] == "7"


async def test_it_is_ready_but_degraded_without_an_index(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> int:
        raise Unavailable("The index does not answer.")

    monkeypatch.setattr(app.state.house.backend.engine.parts.index, "count", away)
    assert (await client.get("/readyz")).json() == {
        "ready": True,
        "stale": 0,
        "degraded": "The index does not answer.",
    }
