"""What `memory.graph(...)` finds, shows, and turns into."""

from __future__ import annotations

import sys
from pathlib import Path

import networkx
import pandas
import polars
import pytest

from graphmem import Memory, Settings
from graphmem.errors import InvalidInput, MissingExtra, NotFound
from graphmem.graph import Graph


@pytest.fixture
def graph(memory: Memory) -> Graph:
    return memory.graph("ana")


def names(entities: object) -> set[str]:
    return {entity.name for entity in entities}  # type: ignore[attr-defined]


def test_an_entity_is_found_by_its_name_however_written_and_by_its_id(graph: Graph) -> None:
    ana = graph.entity("ANA")
    assert ana is not None
    assert ana.name == "Ana"
    assert ana.mention_count == 4
    assert graph.entity(ana.id) == ana
    assert graph.entity("Nobody") is None


def test_entities_are_those_of_the_scope(graph: Graph, memory: Memory) -> None:
    assert names(graph.entities()) == {"Ana", "Marta", "Lisbon", "Acme", "tea", "figs"}
    assert "Porto" in names(memory.graph("ana", include_superseded=True).entities())
    assert names(graph.entities("Organization")) == {"Acme"}


def test_a_value_is_the_current_one(graph: Graph, memory: Memory) -> None:
    def lives(**view: object) -> str | None:
        found = memory.graph("ana", **view).value("Ana", "LIVES_IN")  # type: ignore[arg-type]
        return found.name if found else None

    assert lives() == "Lisbon"
    assert lives(as_of="2025-01-01") == "Porto"
    assert lives(as_of="2000-01-01") is None
    assert graph.value("Ana", "OWNS") is None
    assert graph.value("Nobody", "LIVES_IN") is None
    assert graph.value("Lisbon", "LIVES_IN") is None, "the object's side is not asked"


def test_values_are_newest_first(graph: Graph) -> None:
    assert [each.name for each in graph.values("Ana", "LIKES")] == ["figs", "tea"]


def test_relations_go_both_ways_and_narrow(graph: Graph) -> None:
    assert [str(edge) for edge in graph.relations("Marta")] == [
        "Ana —SISTER_OF→ Marta",
        "Marta —WORKS_AT→ Acme [2020-01-01 to …]",
    ]
    assert {edge.type for edge in graph.relations("Ana", ["LIKES", "SISTER_OF"])} == {"LIKES", "SISTER_OF"}
    assert graph.relations("Nobody") == []


def test_a_timeline_keeps_what_is_over(graph: Graph) -> None:
    homes = graph.timeline("Ana", ["LIVES_IN"])
    assert [(edge.target.name, edge.relation.is_current) for edge in homes] == [("Porto", False), ("Lisbon", True)]
    assert str(homes[0]) == "Ana —LIVES_IN→ Porto [… to 2026-05-01]"


def test_neighbours_reach_as_far_as_asked(graph: Graph) -> None:
    assert "Acme" not in names(graph.neighbours("Ana"))
    around = graph.neighbours("Ana", depth=2)
    assert {"Ana", "Marta", "Acme", "Lisbon", "tea", "figs"} <= names(around)
    assert len(around) == len(around.entities)
    assert names(graph.neighbours("Ana", types=["LIKES"])) == {"Ana", "tea", "figs"}
    with pytest.raises(NotFound, match="Nobody"):
        graph.neighbours("Nobody")
    with pytest.raises(InvalidInput, match="depth"):
        graph.neighbours("Ana", depth=99)


def test_the_subgraph_without_a_name_is_all_of_it(graph: Graph) -> None:
    whole = graph.subgraph()
    assert names(whole) == names(graph.entities())
    assert {edge.type for edge in whole.edges} == {"LIVES_IN", "SISTER_OF", "WORKS_AT", "LIKES"}


def test_paths_go_against_the_arrows_too(graph: Graph) -> None:
    [path] = graph.paths("tea", "Acme")
    assert path.text == "tea ←LIKES— Ana —SISTER_OF→ Marta —WORKS_AT→ Acme"
    assert len([step for step in path.steps if step.relation_id]) == 3
    assert graph.paths("tea", "Acme", max_length=2) == []
    with pytest.raises(NotFound):
        graph.paths("tea", "Nobody")


def test_a_graph_for_networkx(graph: Graph) -> None:
    made = graph.neighbours("Ana", depth=2).to_networkx()
    assert isinstance(made, networkx.MultiDiGraph)
    ids = {data["name"]: node for node, data in made.nodes(data=True)}
    assert networkx.has_path(made, ids["Ana"], ids["Acme"])
    [edge] = made.get_edge_data(ids["Marta"], ids["Acme"]).values()
    assert edge["type"] == "WORKS_AT"
    assert edge["current"] is True
    assert graph.to_networkx().number_of_edges() == len(graph.subgraph().edges)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables(graph: Graph, library: str) -> None:
    entities, relations = graph.to_frames(library)
    kind = {"pandas": pandas, "polars": polars}[library].DataFrame
    assert isinstance(entities, kind)
    assert set(entities["name"]) == names(graph.entities())
    assert set(relations["type"]) == {"LIVES_IN", "SISTER_OF", "WORKS_AT", "LIKES"}
    assert list(relations.columns)[:4] == ["id", "source", "type", "target"]


def test_tables_of_nothing_have_their_columns(memory: Memory) -> None:
    for library in ("pandas", "polars"):
        entities, relations = memory.graph("nobody").to_frames(library)
        assert "name" in entities.columns
        assert "type" in relations.columns


def test_tables_are_made_with_what_is_there(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(graph.to_frames()[0], pandas.DataFrame)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert isinstance(graph.to_frames()[0], polars.DataFrame)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtra, match="pandas"):
        graph.to_frames()
    with pytest.raises(InvalidInput, match="arrow"):
        graph.to_frames("arrow")


@pytest.mark.parametrize(("module", "make"), [("neo4j_viz", "show"), ("networkx", "to_networkx")])
def test_what_is_not_installed_is_said_with_its_remedy(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, module: str, make: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=module) as caught:
        getattr(graph, make)()
    assert f"graphmem[{caught.value.extra}]" in str(caught.value)


def test_showing_asks_nothing_and_escapes(tmp_path: Path) -> None:
    memory = Memory(tmp_path, settings=Settings(embedder="hashing", extractor="verbatim"))
    memory.add("x", "ana", infer=False, relations=[("<script>", "KNOWS", "a & b")])
    graph = memory.graph("ana")
    around, entity = graph.neighbours("<script>"), graph.entity("<script>")
    memory.close()
    for thing in (memory, graph, around, entity, *around.edges):
        assert repr(thing)
        assert str(thing)
    assert str(around) == "2 entities, 1 relations\n  <script> —KNOWS→ a & b"
    page = around._repr_html_()
    assert "&lt;script&gt;" in page
    assert "a &amp; b" in page
    assert "<script>" not in page


def test_a_large_part_shows_its_beginning(memory: Memory) -> None:
    memory.add_many(
        [
            {"messages": f"Hub {n}", "user_id": "hub", "infer": False, "relations": [("Hub", "HAS", f"Spoke {n}")]}
            for n in range(60)
        ]
    )
    around = memory.graph("hub").neighbours("Hub")
    assert len(around.edges) == 60
    assert str(around).endswith("… and 10 more")
    assert around._repr_html_().count("<tr>") == 51
    assert "… and 10 more" in around._repr_html_()
