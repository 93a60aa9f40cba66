"""SQLite with Edge and Neo4j with Edge (or Qdrant) answer alike, on real conversations and passages."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from qdrant_client import AsyncQdrantClient

from bench.data import TASKS, Question, Task
from graphmem import AsyncMemory, Settings
from graphmem.assemble import assemble_neo4j
from graphmem.client.house import copy_house
from graphmem.client.local import LocalBackend
from graphmem.engine import Engine
from graphmem.ids import new_id
from graphmem.settings import read_neo4j
from graphmem.vectors.qdrant import QdrantIndex
from tests.support.neo4j_local.server import Server, local_server
from tests.support.qdrant import KEY, URL, WANTING, clear

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.services,
    pytest.mark.skipif("GRAPHMEM_DATA" not in os.environ, reason="needs the evaluation data: set GRAPHMEM_DATA"),
]

ITEMS, ASKED = {"locomo": 400, "musique": 200}, 50
"""How much is taken of each set, with all that answers the questions asked; and questions of each."""


def some(task: Task, number: int) -> tuple[list[dict[str, Any]], list[Question]]:
    """Some of the items, among them all that answer the questions."""
    questions = task.questions[:: max(1, len(task.questions) // ASKED)][:ASKED]
    gold = {key for question in questions for key in question.gold}
    keys = [item["metadata"]["key"] for item in task.items]
    wanted = {*sorted(keys, key=lambda key: key not in gold)[:number]}
    assert gold <= wanted
    return [item for item, key in zip(task.items, keys, strict=True) if key in wanted], questions


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with local_server() as server:
        yield server


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), extractor="verbatim")


@pytest.fixture(scope="module")
async def asked(
    tmp_path_factory: pytest.TempPathFactory, server: Server, settings: Settings
) -> tuple[Path, list[Question]]:
    """A folder with both sets, its copy in Neo4j, and the questions."""
    folder = tmp_path_factory.mktemp("memory")
    data = Path(os.environ["GRAPHMEM_DATA"])
    questions: list[Question] = []
    async with AsyncMemory(folder, settings=settings) as memory:
        for name, number in ITEMS.items():
            items, several = some(TASKS[name](data), number)
            await memory.add_many(items)
            questions += several
    moved = await copy_house(str(folder), server.url, settings)
    assert moved.counts["memory"] >= 550
    assert moved.counts["relation"] > 1_000
    return folder, questions


async def answers(memory: AsyncMemory, questions: list[Question]) -> list[list[str]]:
    found = [await memory.search(each.text, user_id=each.user_id, top_k=10) for each in questions]
    assert not any(each.get("degraded") for each in found)
    return [[hit["id"] for hit in each["results"]] for each in found]


def overlap(some: list[list[str]], others: list[list[str]]) -> float:
    return mean(len({*one} & {*other}) / len(one) for one, other in zip(some, others, strict=True) if one)


async def seen(memory: AsyncMemory) -> dict[str, tuple[str, ...]]:
    edges = (await memory.graph(user_id="musique").subgraph()).edges
    return {edge.relation.id: edge.relation.memory_ids for edge in edges}


async def test_they_answer_alike(asked: tuple[Path, list[Question]], server: Server, settings: Settings) -> None:
    folder, questions = asked
    async with AsyncMemory(folder, settings=settings) as one, AsyncMemory(server.url, settings=settings) as other:
        alike = overlap(await answers(one, questions), await answers(other, questions))
        assert len(questions) == 2 * ASKED
        assert alike >= 0.97
        assert await seen(one) == await seen(other)


@pytest.fixture(params=["local", "server"])
async def qdrant(request: pytest.FixtureRequest) -> AsyncIterator[tuple[QdrantIndex, int]]:
    """An index in the client's local mode, which is slow, or on a server where there is one; every which question."""
    if request.param == "local":
        client = AsyncQdrantClient(":memory:")
        yield QdrantIndex(client=client), 3
        await client.close()
        return
    if URL is None:
        pytest.skip(WANTING)
    prefix = f"test-{new_id()[:8]}"
    yield QdrantIndex(URL, api_key=KEY, prefix=prefix), 1
    await clear(prefix)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
@pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning")
async def test_qdrant_answers_alike(
    asked: tuple[Path, list[Question]], server: Server, settings: Settings, qdrant: tuple[QdrantIndex, int]
) -> None:
    folder, questions = asked
    index, step = qdrant
    questions = questions[::step]
    parts = assemble_neo4j(settings, read_neo4j(server.url)).parts
    engine = Engine(replace(parts, index=index, lock=None))
    await engine.open()
    try:
        await engine.upkeep.rebuild()
        backend = LocalBackend(engine)
        found = [
            [hit["id"] for hit in (await backend.search({"query": each.text, "user_id": each.user_id}))["results"]]
            for each in questions
        ]
    finally:
        await engine.aclose()
    async with AsyncMemory(folder, settings=settings) as one:
        assert overlap(await answers(one, questions), found) >= 0.97
