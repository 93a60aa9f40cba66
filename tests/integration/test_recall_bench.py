"""What the recall benchmark's figures stand on: vectors that are made once, and where the time of a search goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from bench import recall
from bench.arms import ARMS
from bench.data import Question, Task
from graphmem.retrieval.hybrid import STAGES
from tests.support.chat_server import ChatServer
from tests.support.neo4j import empty
from tests.support.neo4j_local.server import Server

SAID = {"marta": "Marta works at Critical Software.", "rui": "Rui bakes bread in Porto.", "eva": "Eva sails."}


@pytest.fixture
def vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recall, "VECTORS", tmp_path / "cache" / "vectors.sqlite")
    return recall.VECTORS


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def progress() -> Progress:
    return Progress(disable=True)


def task(name: str, *keys: str) -> Task:
    items: list[dict[str, Any]] = [
        {"messages": SAID[key], "user_id": "u", "infer": False, "metadata": {"key": key}} for key in keys
    ]
    items[0]["relations"] = [("Marta", "WORKS_AT", "Critical Software")]
    return Task(name, items, [Question("Where does Marta work?", "u", frozenset({"marta"}), "one hop")], cuts=(1, 2))


def embedded(
    server: ChatServer, progress: Progress, task: Task, location: str | None = None
) -> tuple[list[str], float | None]:
    """What the model was asked to embed while a memory was filled with the task, and the seconds that are told."""
    before = len(server.requests)
    with recall.filled(task, progress, location, f"openai:test-model@{server.base_url}") as (memory, seconds):
        asked = [text for request in server.requests[before:] for text in request.body["input"]]
        found = memory.search(SAID["rui"], user_id="u", top_k=1)["results"]
        assert [hit["memory"] for hit in found] == [SAID["rui"]]
    return asked, seconds


def test_a_text_is_embedded_in_the_first_run_only(vectors: Path, server: ChatServer, progress: Progress) -> None:
    first, seconds = embedded(server, progress, task("one", "marta", "rui"))
    assert {SAID["marta"], SAID["rui"], "Marta works at Critical Software"} < {*first}
    again, _ = embedded(server, progress, task("one", "marta", "rui"))
    assert again == ["dimensions"], "a text beside the one that asks for the vectors' length"
    other, _ = embedded(server, progress, task("another", "marta", "rui", "eva"))
    assert {*other} - {*again} == {SAID["eva"], "Eva"}, "what another set has beside"
    assert seconds is None, "it would tell of what was kept"
    assert [path.name for path in vectors.parent.iterdir()] == [vectors.name], "its log was not brought in"
    with closing(sqlite3.connect(vectors)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.services
def test_so_it_is_in_neo4j(vectors: Path, server: ChatServer, progress: Progress, empty_neo4j: Server) -> None:
    first, _ = embedded(server, progress, task("one", "marta", "rui"), empty_neo4j.url)
    assert SAID["rui"] in first
    empty(empty_neo4j)
    assert embedded(server, progress, task("one", "marta", "rui"), empty_neo4j.url) == (["dimensions"], None)


def test_the_bundled_embedder_keeps_nothing_and_tells_of_its_stages(vectors: Path, progress: Progress) -> None:
    one = task("one", "marta", "rui")
    with recall.filled(one, progress) as (memory, seconds):
        arms = {name: ARMS[name] for name in ("everything", "no graph")}
        found = recall.measure(memory, one, arms, progress)
    assert seconds is not None
    assert seconds > 0
    assert not vectors.parent.exists()
    assert tuple(found["stages"]) == STAGES, "of the first arm, which walks"
    assert 0 < sum(found["stages"].values()) <= found["arms"]["everything"]["p50 ms"] + 0.1
