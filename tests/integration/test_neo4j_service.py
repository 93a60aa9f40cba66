"""A memory in Neo4j as a service: many writers, servers that die and come back, hostile words, a bounded price."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from api.app import ServerOptions, create_app
from graphmem.assemble import assemble_neo4j
from graphmem.client.local import LocalBackend
from graphmem.errors import Conflict
from graphmem.settings import Settings, read_neo4j
from graphmem.text import name_key
from tests.api import live
from tests.support.children import ask
from tests.support.neo4j_local.server import Server
from tests.support.qdrant_server import QdrantServer
from tests.support.soundness import everything, unsound

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.services,
    # Of the local mode that the Qdrant server here is made of.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
]

PATIENCE = 60.0
"""Seconds after which something that has to come is taken never to come."""


def backend_of(url: str, **settings: Any) -> LocalBackend:
    chosen = Settings(embedder="hashing", extractor="verbatim", free_space_mb=16, **settings)
    return LocalBackend(assemble_neo4j(chosen, read_neo4j(url)))


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[LocalBackend]:
    """A memory over the Neo4j there. It needs a `home`, or the address of a Qdrant as `vectors`."""
    backend = backend_of(url, **settings)
    await backend.open()
    try:
        yield backend
    finally:
        await backend.aclose()


async def rows(backend: LocalBackend, query: str, **params: Any) -> list[dict[str, Any]]:
    return await backend.cypher(query, params, limit=100_000, timeout=30.0)


# -- twenty writers in four processes

PROCESSES, WRITERS, EACH = 4, 5, 4
OWNERS = ("ana", "bo")
PEOPLE = (("José", "JOSE"), ("Zoë", "zoe"), ("Bob", "bob"), ("Ida", "IDA"))
"""New people, each in two spellings of one name."""


async def _write(url: str, vectors: str, process: int) -> list[tuple[str, str, str, str]]:
    """Several writers at once; what was acknowledged: id, text, owner, whom it is about."""
    told: list[tuple[str, str, str, str]] = []

    async def writer(backend: LocalBackend, number: int) -> None:
        for n in range(EACH):
            whom = PEOPLE[(number + n) % len(PEOPLE)][(process + n) % 2]
            owner, text = OWNERS[(number + n // 2) % 2], f"note {n} of writer {number} in process {process}"
            asked = {"messages": text, "user_id": owner, "infer": False, "relations": [("Uma", "KNOWS", whom)]}
            while True:
                try:
                    answer = await backend.add(asked)
                    break
                except Conflict:  # said clearly, and nothing was written: once more
                    continue
            told.extend((each["id"], each["memory"], owner, name_key(whom)) for each in answer["results"])

    async with opened(url, vectors=vectors) as backend, anyio.create_task_group() as group:
        for number in range(WRITERS):
            group.start_soon(writer, backend, number)
    return told


async def test_twenty_writers_in_four_processes_of_the_same_new_people(empty_neo4j: Server) -> None:
    with QdrantServer() as qdrant, ThreadPoolExecutor(PROCESSES) as threads:
        futures = [threads.submit(ask, _write, empty_neo4j.url, qdrant.url, each) for each in range(PROCESSES)]
        told = [each for future in futures for each in await anyio.to_thread.run_sync(future.result)]
        assert len(told) == PROCESSES * WRITERS * EACH
        async with opened(empty_neo4j.url, vectors=qdrant.url) as backend:
            assert (await backend.index("repair"))["clean"]
            store = backend.engine.parts.store
            held = await everything(store)
            assert held.texts == {id_: text for id_, text, _, _ in told}
            named = Counter((each.owner, name_key(each.name)) for each in held.entities.values())
            people = {name_key(names[0]) for names in (*PEOPLE, ("Uma",))}
            assert named == {(f"user:{owner}", name): 1 for owner in OWNERS for name in people}
            for owner in OWNERS:
                edges = (await backend.relations({"user_id": owner}))["results"]
                support = {name_key(edge["target"]): sorted(edge["memory_ids"]) for edge in edges}
                assert len(support) == len(edges)
                assert support == {
                    name: sorted(id_ for id_, _, of, whom in told if (of, whom) == (owner, name))
                    for name in people - {"uma"}
                }
            assert await unsound(store, backend.engine.parts.index) == []
            assert await typed_edges(backend) == [
                (each.id, each.subject_id, each.type, each.object_id) for _, each in sorted(held.relations.items())
            ]


async def typed_edges(backend: LocalBackend) -> list[tuple[str, str, str, str]]:
    """The edges for people, as tuples of relation, subject, type, object."""
    found = await rows(
        backend,
        "MATCH (a:Entity)-[edge]->(b:Entity) RETURN edge.relation AS id, a.id AS a, type(edge) AS type, b.id AS b",
    )
    return sorted((each["id"], each["a"], each["type"], each["b"]) for each in found)


# -- Neo4j dies while it is written to


class Load:
    """Writers over HTTP that go on until something is refused; what they were told."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.told: dict[str, str] = {}
        self.refused: list[httpx.Response] = []
        self.under_way = anyio.Event()

    async def write(self, number: int) -> None:
        n = 0
        while True:
            text = f"fact {n} of writer {number}"
            body = {"messages": text, "user_id": "ana", "infer": False, "relations": [("Uma", "KNOWS", f"P{n}")]}
            answer = await self.http.post("/memories", json=body)
            if answer.status_code != 200:
                self.refused.append(answer)
                return
            self.told |= {each["id"]: each["memory"] for each in answer.json()["results"]}
            if len(self.told) >= 20:
                self.under_way.set()
            n += 1


def assert_away(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unavailable"


async def test_neo4j_is_killed_in_mid_load_and_comes_back(empty_neo4j: Server, tmp_path: Path) -> None:
    settings = {"GRAPHMEM_HOME": str(tmp_path / "home"), "GRAPHMEM_EMBEDDER": "hashing"}
    with live.running(empty_neo4j.url, tmp_path / "log", **settings) as rest:
        async with httpx.AsyncClient(base_url=rest.url, timeout=PATIENCE) as http:
            load = Load(http)
            async with anyio.create_task_group() as group:
                for number in range(4):
                    group.start_soon(load.write, number)
                with anyio.fail_after(PATIENCE):
                    await load.under_way.wait()
                await anyio.to_thread.run_sync(empty_neo4j.kill)
            try:
                question = {"query": "whom does Uma know?", "user_id": "ana"}
                away = [await http.get("/readyz"), await http.post("/search", json=question), *load.refused]
                assert len(away) == 6
            finally:
                await anyio.to_thread.run_sync(empty_neo4j.start)
            for answer in away:
                assert_away(answer)
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["ready"]) == (200, True)
            page = await http.get("/memories", params={"user_id": "ana", "limit": 1_000})
            there = {each["id"]: each["memory"] for each in page.json()["results"]}
            # What was written and not acknowledged any more may be there too.
            assert load.told.items() <= there.items()
            added = await http.post("/memories", json={"messages": "Back again", "user_id": "ana", "infer": False})
            assert added.status_code == 200
            assert (await http.post("/search", json={**question, "query": "Back again"})).json()["results"][0][
                "memory"
            ] == "Back again"
    async with opened(empty_neo4j.url, home=tmp_path / "home") as backend:
        assert await unsound(backend.engine.parts.store, backend.engine.parts.index) == []


# -- the index is away


async def lag(http: httpx.AsyncClient) -> float:
    """What the metrics say of it."""
    answer = await http.get("/metrics")
    found = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert found["graphmem_store_up"] == "1.0"
    return float(found["graphmem_index_lag"])


@asynccontextmanager
async def served(backend: LocalBackend) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app over the memory, which works off what its index owes oftener than it would by itself."""
    app = create_app(backend, ServerOptions())
    async with app.router.lifespan_context(app), anyio.create_task_group() as group:
        group.start_soon(backend.engine.upkeep.keep, 0.05)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=PATIENCE) as http:
            yield http
        group.cancel_scope.cancel()


async def caught_up(http: httpx.AsyncClient) -> None:
    with anyio.fail_after(PATIENCE):
        while await lag(http):  # noqa: ASYNC110 (nobody tells when it is over)
            await anyio.sleep(0.05)


async def add(http: httpx.AsyncClient, text: str, *relations: tuple[str, str, str]) -> dict[str, Any]:
    body = {"messages": text, "user_id": "ana", "infer": False, "relations": relations}
    answer = await http.post("/memories", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def search(http: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer = await http.post("/search", json={"query": query, "user_id": "ana"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_index_goes_away_and_comes_back(empty_neo4j: Server) -> None:
    with QdrantServer() as qdrant:
        async with served(backend_of(empty_neo4j.url, vectors=qdrant.url)) as http:
            await add(http, "Marta plays chess", ("Marta", "PLAYS", "Chess"))
            assert await lag(http) == 0
            assert "degraded" not in await search(http, "chess")

            qdrant.stop()
            added = await add(http, "Marta works at Corvid", ("Marta", "WORKS_AT", "Corvid"))
            assert "the index will catch up" in added["message"]
            await add(http, "It makes drones in Aveiro", ("Corvid", "MAKES", "Drones"))
            assert await lag(http) >= 2 + 2 + 3  # memories, relations, entities
            assert (await http.get("/readyz")).json()["degraded"]
            found = await search(http, "what does the firm of Marta make?")
            assert found["degraded"]
            arms = {hit["memory"]: hit["scores"] for hit in found["results"]}
            assert arms["Marta works at Corvid"]["keyword"] > 0  # by its word
            assert arms["It makes drones in Aveiro"]["keyword"] == 0  # by none
            assert arms["It makes drones in Aveiro"]["graph"] > 0  # by the way there

            qdrant.start()
            await caught_up(http)
            found = await search(http, "drones in Aveiro")
            assert "degraded" not in found
            assert found["results"][0]["memory"] == "It makes drones in Aveiro"
            verdict = (await http.post("/index/verify")).json()
            assert verdict["clean"]


async def test_a_memory_opens_while_its_index_is_away(empty_neo4j: Server) -> None:
    with QdrantServer() as qdrant:
        qdrant.stop()
        async with served(backend_of(empty_neo4j.url, vectors=qdrant.url)) as http:
            await add(http, "Marta plays chess", ("Marta", "PLAYS", "Chess"))
            found = await search(http, "chess")
            assert (bool(found["degraded"]), [hit["memory"] for hit in found["results"]]) == (
                True,
                ["Marta plays chess"],
            )
            assert await lag(http) == 4
            qdrant.start()
            await caught_up(http)
            assert "degraded" not in await search(http, "chess")
