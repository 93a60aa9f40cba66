"""Over the entity in between to what the rest of a question asks."""

from datetime import UTC, datetime

import pytest

from graphmem.models import Relation
from graphmem.queries import Node
from graphmem.retrieval.bridge import CROWDED, Bridge, cross, lead
from graphmem.retrieval.neighbourhood import Neighbourhood, Reached

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def relation(subject: str, object_: str, *memory_ids: str) -> Relation:
    return Relation(
        id=f"{subject}-{object_}",
        project="p",
        owner="user:ana",
        subject_id=subject,
        type="IS_IN",
        label="is in",
        object_id=object_,
        created_at=NOW,
        memory_ids=memory_ids,
    )


def around(*relations: Relation, called: tuple[str, ...] = ("town",), **mentions: str) -> Neighbourhood:
    degrees = {"town": 1, "land": 16, "river": 1, "far": 1}
    return Neighbourhood(
        called={name: 1 / degrees[name] for name in called},
        nodes={name: Node(name, name, None, degree) for name, degree in degrees.items()},
        relations={each.id: each for each in relations},
        mentions={memory_id: set(names.split()) for memory_id, names in mentions.items()},
    )


def crossed(graph: Neighbourhood, memories: dict[str, float], facts: dict[str, float], best: float) -> Bridge:
    return cross(graph, lead(graph), memories, facts, best)


def test_what_a_name_leads_to_is_scored_by_what_else_is_asked() -> None:
    graph = around(where="town land", who="land", other="land", beyond="far")
    found = crossed(graph, {"where": 0.1, "who": 0.4, "other": 0.1, "beyond": 0.5}, {}, best=0.5)
    land = 1 / 16**CROWDED
    assert found.scores == pytest.approx({"where": 0.1 / 0.5, "who": 0.4 / 0.5 * land, "other": 0.1 / 0.5 * land})
    assert found.through == {"where": "town", "who": "land", "other": "land"}
    assert found.reached == {"land": Reached("town", None, "where")}


def test_a_relation_explains_more_than_a_mention() -> None:
    graph = around(relation("town", "land", "where"), where="town land", who="land")
    assert crossed(graph, {"who": 0.4}, {}, best=0.5).reached == {"land": Reached("town", "town-land", None)}


def test_a_memory_counts_by_its_fact_about_the_entity_in_between() -> None:
    graph = around(relation("land", "river", "who"), where="town land", who="land river")
    found = crossed(graph, {"who": 0.1}, {"land-river": 0.4}, best=0.5)
    assert found.scores["who"] == pytest.approx(0.4 / 0.5 / 16**CROWDED)


def test_the_rare_name_leads_further() -> None:
    graph = around(called=("town", "land"), where="town", who="land")
    found = crossed(graph, {"where": 0.4, "who": 0.4}, {}, best=0.4)
    assert found.scores == pytest.approx({"where": 1.0, "who": 1 / 16})


def test_without_a_name_or_anything_else_asked_there_is_no_bridge() -> None:
    assert crossed(around(called=(), where="town"), {"where": 1.0}, {}, best=1.0).scores == {}
    assert crossed(around(where="town"), {"where": 1.0}, {}, best=0.0).scores == {}
