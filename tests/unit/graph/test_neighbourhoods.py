"""How much of the graph a neighbourhood is: the nearest, as much of it as was asked for, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphmem import Memory, Settings
from graphmem.errors import InvalidInput
from graphmem.graph import Graph, Neighbourhood

CITIES = [f"City {number}" for number in range(8)]
"""All of them in Portugal, each named after; the later ones were told later."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder: Path = tmp_path_factory.mktemp("cities")
    with Memory(folder, settings=Settings(embedder="hashing", extractor="verbatim")) as memory:
        for day, city in enumerate(CITIES, start=1):
            memory.add(f"{city} is in Portugal", "ana", infer=False, timestamp=f"2025-01-0{day}",
                       relations=[(city, "IN", "Portugal")])  # fmt: skip
            memory.add(f"{city} has a mayor", "ana", infer=False, relations=[(city, "LED_BY", f"Mayor {city[5:]}")])
        for number in range(3):
            memory.add(f"City 7 has bridge {number}", "ana", infer=False,
                       relations=[("City 7", "HAS", f"Bridge {number}")])  # fmt: skip
        memory.add("The mayor of City 6 has a dog", "ana", infer=False, relations=[("Mayor 6", "OWNS", "Dog")])
        yield memory.graph("ana")


def told(found: Neighbourhood) -> list[str]:
    return [f"{edge.source.name} {edge.type} {edge.target.name}" for edge in found.edges]


def test_what_is_within_reach_is_told_whole_where_there_is_room(graph: Graph) -> None:
    for depth, size in ((1, 8), (2, 8 + 8 + 3), (3, 8 + 8 + 3 + 1)):
        for limit in (size, 100):
            found = graph.neighbours("Portugal", depth=depth, limit=limit)
            assert (len(found.edges), found.complete) == (size, True)
            assert str(found).splitlines()[0] == f"{len(found)} entities, {size} relations"
        cut = graph.neighbours("Portugal", depth=depth, limit=size - 1)
        assert (len(cut.edges), cut.complete) == (size - 1, False)
        assert "a higher limit shows more" in str(cut).splitlines()[0]
        assert "a higher limit shows more" in cut._repr_html_()


def test_a_hub_leaves_room_for_what_is_around_it(graph: Graph) -> None:
    found = graph.neighbours("Portugal", depth=2, limit=6)
    assert told(found)[:3] == [f"City {n} IN Portugal" for n in (7, 6, 5)], "of the hub the newest"
    assert told(found)[3:5] == ["City 5 LED_BY Mayor 5", "City 6 LED_BY Mayor 6"], "who fewest mention come first"
    assert len(told(found)) == 6, "then of City 7 the newest"
    assert told(found)[5] == "City 7 HAS Bridge 2"
    assert not found.complete


def test_what_a_hop_leaves_over_the_next_may_take(graph: Graph) -> None:
    found = graph.neighbours("Mayor 6", depth=3, limit=6)
    assert set(told(found)[:2]) == {"City 6 LED_BY Mayor 6", "Mayor 6 OWNS Dog"}
    assert told(found)[2:] == ["City 6 IN Portugal", *(f"City {n} IN Portugal" for n in (7, 5, 4))]
    assert not found.complete


def test_the_least_limit_still_tells_whether_there_is_more(graph: Graph) -> None:
    [only] = graph.neighbours("Dog", depth=1, limit=1).edges
    assert only.type == "OWNS"
    assert graph.neighbours("Dog", depth=1, limit=1).complete
    further = graph.neighbours("Dog", depth=2, limit=1)
    assert (len(further.edges), further.complete) == (1, False)


def test_the_entities_are_those_that_the_relations_join_and_the_ends_are_them(graph: Graph) -> None:
    found = graph.neighbours("Portugal", depth=2, limit=7)
    assert found.entities[0].name == "Portugal"
    assert found.entities[0].mention_count == 8
    joined = {end.id for edge in found.edges for end in (edge.source, edge.target)}
    assert {entity.id for entity in found} == joined
    assert all(end in found.entities for edge in found.edges for end in (edge.source, edge.target))


def test_all_of_the_graph_has_no_limit(graph: Graph) -> None:
    whole = graph.subgraph(limit=1)
    assert (len(whole.edges), whole.complete) == (20, True)
    assert len(graph.subgraph("Portugal", limit=1).edges) == 1


@pytest.mark.parametrize("limit", [0, -1, 10_001, True, "5"])
def test_a_limit_that_is_none_is_refused(graph: Graph, limit: object) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        graph.neighbours("Portugal", limit=limit)  # type: ignore[arg-type]
