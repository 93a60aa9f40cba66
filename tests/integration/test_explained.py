"""Every answer explains itself: its path exists, is visible, and leads from the question to the hit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.data import locomo, musique
from bench.latency import facts, questions
from graphmem import Memory, Settings

SETTINGS = Settings(extractor="verbatim", embedder="bundled", durability="normal")


class Graph:
    """What one user's graph holds at one moment, read through the graph view."""

    def __init__(self, memory: Memory, user_id: str, **when: Any) -> None:
        whole = memory.graph(user_id=user_id, **when).subgraph()
        self.edges = {edge.relation.id: {edge.source.id, edge.target.id} for edge in whole.edges}
        self.entities = {entity.id for entity in whole.entities}


def check(memory: Memory, hit: Any, graph: Graph) -> int:
    """Assert that a hit's path holds; returns how many relations it walks."""
    steps = hit["path"]["steps"]
    assert steps[0]["kind"] == "match"
    assert steps[0]["source_id"] is None
    assert steps[-1]["target_id"] == hit["id"]
    for before, step in pairwise(steps):
        assert step["source_id"] == before["target_id"]
        ends = {step["source_id"], step["target_id"]}
        if step["kind"] == "relation":
            assert graph.edges[step["relation_id"]] == ends
        elif step["kind"] == "turn":
            one, other = (memory.get(each) for each in ends)
            assert one["metadata"]["key"].split(":")[0] == other["metadata"]["key"].split(":")[0]
            assert one["observed_at"] == other["observed_at"]
        else:
            assert step["kind"] == "mention"
            [entity_id] = ends & graph.entities
            [memory_id] = ends - {entity_id}
            assert entity_id in memory.get(memory_id)["entity_ids"]
    assert hit["path"]["text"].startswith("query → ")
    return sum(step["kind"] == "relation" for step in steps)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path, settings=SETTINGS) as memory:
        yield memory


def test_paths_of_generated_facts(memory: Memory) -> None:
    memory.add_many(list(facts(600, users=2)))
    graphs = {user: Graph(memory, user) for user in ("user-0", "user-1")}
    walked = 0
    for text, user in questions(100, users=2):
        for hit in memory.search(text, user_id=user)["results"]:
            walked += check(memory, hit, graphs[user])
    assert walked >= 10, "too few paths go over relations for this to say anything"


def test_a_path_holds_at_the_moment_that_is_asked_for(memory: Memory) -> None:
    def say(text: str, relation: tuple[str, str, str], said: str) -> None:
        memory.add(text, user_id="ana", infer=False, relations=[relation], timestamp=said)

    say("Ana lives in Porto", ("Ana", "LIVES_IN", "Porto"), "2020-01-01T00:00:00Z")
    say("Porto lies on the Douro", ("Porto", "LIES_ON", "Douro"), "2020-01-02T00:00:00Z")
    say("Ana lives in Lisbon", ("Ana", "LIVES_IN", "Lisbon"), "2024-01-01T00:00:00Z")
    say("Lisbon lies on the Tagus", ("Lisbon", "LIES_ON", "Tagus"), "2024-01-02T00:00:00Z")
    question = "on which river does Ana live?"
    for when, city in (({}, "Lisbon"), ({"as_of": "2021-06-01"}, "Porto")):
        graph = Graph(memory, "ana", **when)
        result = memory.search(question, user_id="ana", **when)
        texts = [hit["path"]["text"] for hit in result["results"]]
        assert any(f"LIVES_IN→ {city}" in text for text in texts), texts
        for hit in result["results"]:
            check(memory, hit, graph)
            other = {"Lisbon": "Porto", "Porto": "Lisbon"}[city]
            assert f"LIVES_IN→ {other}" not in hit["path"]["text"]


@pytest.mark.skipif("GRAPHMEM_DATA" not in os.environ, reason="needs the evaluation data: set GRAPHMEM_DATA")
@pytest.mark.slow
@pytest.mark.parametrize("load", [musique, locomo])
def test_paths_of_real_questions(memory: Memory, load: Any) -> None:
    task = load(Path(os.environ["GRAPHMEM_DATA"]))
    memory.add_many(task.items)
    graphs = {user: Graph(memory, user) for user in {question.user_id for question in task.questions[:50]}}
    for question in task.questions[:50]:
        for hit in memory.search(question.text, user_id=question.user_id)["results"]:
            check(memory, hit, graphs[question.user_id])
