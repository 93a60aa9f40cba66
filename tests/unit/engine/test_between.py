"""`Between` against networkx, in graphs drawn at random; and what it leaves out."""

from __future__ import annotations

from itertools import pairwise, product

import networkx
import pytest

from graphmem.engine import between
from graphmem.engine.between import Between
from graphmem.models import Entity, Relation, Step
from graphmem.queries import EntityQuery
from graphmem.testing.oracle import OracleStore
from graphmem.testing.worlds import Scribe
from tests.unit.engine.test_explore import drawn

pytestmark = pytest.mark.anyio

ENOUGH = 1_000


def shortest(relations: list[Relation], source: str, target: str, longest: int) -> set[tuple[str, ...]]:
    """The relations of each of the shortest ways."""
    graph = networkx.MultiGraph()
    graph.add_nodes_from((source, target))
    for relation in relations:
        graph.add_edge(relation.subject_id, relation.object_id, key=relation.id)
    try:
        ways = list(networkx.all_shortest_paths(graph, source, target))
    except networkx.NetworkXNoPath:
        return set()
    pairs = [[graph[one][other] for one, other in pairwise(way)] for way in ways]
    return {each for keys in pairs if len(keys) <= longest for each in product(*keys)}


def walked(way: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step.relation_id for step in way if step.relation_id is not None)


def holds_together(way: tuple[Step, ...], relations: dict[str, Relation], source: Entity, target: Entity) -> bool:
    """Whether each step begins where the one before ended, and is the relation that it says it is."""
    ends = [way[0].target_id, *(step.target_id for step in way[1:])]
    starts = [step.source_id for step in way[1:]]
    joined = all(
        {step.source_id, step.target_id}
        == {relations[step.relation_id].subject_id, relations[step.relation_id].object_id}
        for step in way[1:]
        if step.relation_id is not None
    )
    return joined and starts == ends[:-1] and ends[0] == source.id and ends[-1] == target.id


@pytest.mark.parametrize("seed", range(60))
async def test_all_of_the_shortest_ways_are_found(seed: int) -> None:
    scribe, people, relations = await drawn(seed)
    seen = {each.id: each for each in (await scribe.store.entities(EntityQuery(view=scribe.view()))).items}
    by_id = {relation.id: relation for relation in relations}
    for source, target in product(people[:3], people):
        if not seen.keys() >= {source.id, target.id}:
            continue
        ends = [seen[source.id]], [seen[target.id]]
        for longest in (1, 2, 4):
            search = Between(scribe.store, scribe.view(), *ends, longest=longest)
            found = await search.find(ENOUGH)
            expected = shortest(relations, source.id, target.id, longest)
            assert {walked(way) for way in found} == expected
            assert len(found) == len(expected)
            assert all(holds_together(way, by_id, source, target) for way in found)
            assert search.relations.keys() == {each for way in expected for each in way}
            assert search.complete
            few = await Between(scribe.store, scribe.view(), *ends, longest=longest).find(2)
            assert len(few) == min(2, len(expected))
            assert {walked(way) for way in few} <= expected


async def world(*ends: tuple[str, str]) -> tuple[Scribe, dict[str, Entity]]:
    """Who is named, each with a relation to who comes with him, the oldest first; a memory states each."""
    scribe = Scribe(OracleStore())
    made = {name: scribe.entity(name) for name in dict.fromkeys(name for pair in ends for name in pair)}
    relations = [scribe.relation(made[one], "KNOWS", made[other]) for one, other in ends]
    await scribe.write(*made.values(), *relations, *(scribe.memory(states=[each]) for each in relations))
    page = await scribe.store.entities(EntityQuery(view=scribe.view(), limit=len(made)))
    return scribe, {each.name: each for each in page.items}


def leaves(hub: str, number: int) -> list[tuple[str, str]]:
    return [(f"{hub}{each}", hub) for each in range(number)]


async def two_hubs(number: int) -> tuple[Scribe, dict[str, Entity]]:
    """Two hubs with so many leaves each; the oldest relation of either is that with who joins them. And an island."""
    return await world(("Joint", "A"), ("Joint", "B"), *leaves("A", number), *leaves("B", number), ("C0", "C"))


@pytest.mark.parametrize("ends", [("Joint", "A"), ("A", "Joint"), ("A0", "A"), ("A", "A0"), ("A0", "A3"), ("A0", "B")])
async def test_over_a_hub_the_way_is_found_from_the_other_end(
    ends: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(between, "HUB", 5)
    scribe, people = await two_hubs(12)
    search = Between(scribe.store, scribe.view(), [people[ends[0]]], [people[ends[1]]], longest=4)
    found = await search.find(5)
    if ends == ("A0", "B"):
        assert (found, search.complete) == ([], False)
    else:
        assert len(found) == 1
        assert search.complete


async def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    scribe, people = await two_hubs(12)

    async def told(source: str, target: str, longest: int = 4) -> tuple[int, bool]:
        search = Between(scribe.store, scribe.view(), [people[source]], [people[target]], longest=longest)
        return len(await search.find(5)), search.complete

    assert await told("A0", "B0") == (1, True)
    assert await told("A0", "B0", longest=3) == (0, True)
    assert await told("A0", "C0") == (0, True)
    monkeypatch.setattr(between, "HUB", 14)
    assert await told("A0", "B0") == (1, True)
    monkeypatch.setattr(between, "HUB", 12)
    assert await told("A0", "B0") == (0, False)
    assert await told("A0", "C0") == (0, True), "the island's own end tells that there is no way"
    monkeypatch.setattr(between, "HUB", 14)
    monkeypatch.setattr(between, "MOST_NODES", 3)
    assert await told("A0", "B0") == (0, False)


async def test_where_both_ends_meet_nearer_and_further_the_nearer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hub that was cut, an end may hear only from the other one that it is next to it."""
    monkeypatch.setattr(between, "HUB", 5)
    pairs = [
        ("P", "T"),
        ("S", "P"),
        ("S", "Q"),
        *leaves("Q", 20),
        *leaves("T", 12),
        *leaves("L", 30),
        ("L", "T"),
        ("Q", "L"),
    ]
    scribe, people = await world(*pairs)
    search = Between(scribe.store, scribe.view(), [people["S"]], [people["T"]], longest=4)
    [way] = await search.find(5)
    assert [step.target_id for step in way] == [people[name].id for name in ("S", "P", "T")]
    assert not search.complete
