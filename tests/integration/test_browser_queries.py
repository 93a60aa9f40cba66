"""The queries for Neo4j Browser as a person runs them: after the demo's conversation, with the parameters they show."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.graph import Path as Way

from graphmem import Memory, Settings
from graphmem.stores.statements import CYPHER, load
from tests.house.houses import ROOT
from tests.support.neo4j import empty
from tests.support.neo4j_local.server import Server

pytestmark = pytest.mark.services

FOLDER = ROOT / "cypher" / "browser"
QUERIES = load(FOLDER, CYPHER)
SHOWN = re.compile(r"^// In Neo4j Browser, first:  :params (\{.+\})$", re.M)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def driver(neo4j_of_our_own: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Of a database with the demo's conversation, and with what another project knows of another Ana."""
    empty(neo4j_of_our_own)
    home = tmp_path_factory.mktemp("home")
    script = json.loads((ROOT / "graphmem" / "cli" / "demo.json").read_text(encoding="utf-8"))
    with memory(neo4j_of_our_own.url, home / "own") as own:
        for message in script["conversation"]:
            own.add(message["content"], user_id="ana", timestamp=message["said"])
    with memory(neo4j_of_our_own.url, home / "other", project="other") as other:
        other.add("My name is Ana. I live in Oslo. I moved from Oslo to Lisbon in May.", user_id="ana")
    with GraphDatabase.driver(neo4j_of_our_own.url) as driver:
        yield driver


def memory(url: str, home: Path, project: str = "default") -> Memory:
    return Memory(url, settings=Settings(home=home, project=project, embedder="hashing", extractor="rules"))


def ask(driver: Driver, name: str, /, **params: Any) -> list[Row]:
    """What the query answers. Unless others are given, its parameters are those that its header shows."""
    shown = SHOWN.search((FOLDER / f"{name}.cypher").read_text(encoding="utf-8"))
    assert shown is not None, "its header shows no parameters"
    # The Browser, too, lets the database read them.
    given = driver.execute_query(f"RETURN {shown[1]} AS given").records[0]["given"]  # type: ignore[arg-type]
    assert set(given) == set(QUERIES[name].params)
    records, _, keys = driver.execute_query(QUERIES[name].text, given | params)  # type: ignore[arg-type]
    assert tuple(keys) == QUERIES[name].returns
    return [dict(record.items()) for record in records]


def steps(driver: Driver, name: str, column: str, /, **params: Any) -> set[tuple[str, str, str]]:
    """The edges of the paths that a query answers: from what, its type, to what."""
    ways: list[Way] = [row[column] for row in ask(driver, name, **params)]
    return {(said(edge.nodes[0]), edge.type, said(edge.nodes[1])) for way in ways for edge in way.relationships}


def said(node: Any) -> str:
    """What the style sheet writes on it."""
    return str(next(node[key] for key in ("text", "content", "label", "name") if key in node))


def days(rows: list[Row], column: str) -> list[str | None]:
    return [row[column] and row[column].iso_format()[:10] for row in rows]


@pytest.mark.parametrize("name", QUERIES)
def test_of_a_project_that_is_empty_nothing_is_told(driver: Driver, name: str) -> None:
    rows = ask(driver, name, project="nobody")
    assert rows == [] or {row["count"] for row in rows} == {0}


def test_connected_finds_the_neighbours_and_theirs_as_things_are_now(driver: Driver) -> None:
    assert steps(driver, "connected", "path") == {
        ("Ana Silva", "LIVES_IN", "Lisbon"),
        ("Ana Silva", "HAS_SISTER", "Marta"),
        ("Marta", "WORKS_AT", "Critical Software"),
        ("Marta", "IS_MARRIED_TO", "Tom"),
        ("Ana Silva", "HAS_BOSS", "Rui"),
        ("Rui", "PLAYS", "cello"),
        ("Ana Silva", "HAS_ROOMMATE", "Inês"),
        ("Ana Silva", "IS_ALLERGIC_TO", "peanuts"),
        ("Ana Silva", "NOT_LIKES", "coffee"),
    }


def test_memories_are_those_that_mention_her_with_all_that_they_mention(driver: Driver) -> None:
    found = steps(driver, "memories", "path")
    assert {kind for _, kind, _ in found} == {"MENTIONS"}
    assert {text for text, _, _ in found} == {
        "Ana's name is Ana Silva.",
        "Marta is Ana's sister.",
        "Ana's boss is Rui.",
        "Ana is allergic to peanuts.",
        "Ana's flatmate is Inês.",
        "Ana moved from Porto to Lisbon in May 2026.",
        "Ana no longer likes coffee.",
    }
    moved = {name for text, _, name in found if text.startswith("Ana moved")}
    assert moved == {"Ana Silva", "Porto", "Lisbon"}


def test_why_leads_from_the_relation_to_the_words_that_were_said(driver: Driver) -> None:
    memory = "Ana moved from Porto to Lisbon in May 2026."
    assert steps(driver, "why", "path") == {("lives in", "SUBJECT", "Ana Silva"), ("lives in", "OBJECT", "Lisbon")}
    assert steps(driver, "why", "stated") == {(memory, "STATES", "lives in")}
    assert steps(driver, "why", "source") == {(memory, "FROM", "I moved from Porto to Lisbon in May.")}


def test_why_goes_against_the_arrow_too(driver: Driver) -> None:
    found = steps(driver, "why", "stated", name="rui", other="ANA")
    assert found == {("Ana's boss is Rui.", "STATES", "has boss")}


def test_the_timeline_stands_in_the_order_of_time(driver: Driver) -> None:
    rows = ask(driver, "timeline")
    assert [row["says"].removeprefix("Ana Silva ") for row in rows] == [
        "lives in Porto",
        "has sister Marta",
        "has boss Rui",
        "is allergic to peanuts",
        "loves coffee",
        "has roommate Inês",
        "lives in Lisbon",
        "not likes coffee",
    ]
    porto, lisbon = rows[0], rows[6]
    assert days([porto, lisbon], "since") == [None, "2026-05-01"]
    assert days([porto, lisbon], "until") == ["2026-05-01", None]
    assert days([porto, lisbon], "said") == ["2026-02-03", "2026-05-20"]
    assert [row["says"] for row in rows if row["retired"]] == ["Ana Silva lives in Porto", "Ana Silva loves coffee"]


def test_what_changed_is_the_history_newest_first(driver: Driver) -> None:
    rows = ask(driver, "changed")
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert Counter(row["event"] for row in rows) == {"ADD": 14, "SUPERSEDE": 2}
    assert {row["now"] for row in rows[:2]} == {"Ana loves coffee.", "Ana no longer likes coffee."}
    retired = [(row["old_text"], row["reason"]) for row in rows if row["event"] == "SUPERSEDE"]
    assert retired == [("Ana loves coffee.", "opposite:LOVES"), ("Ana lives in Porto.", "words")]


def test_what_changed_before_those_days_is_left_out(driver: Driver) -> None:
    with driver.session() as session, session.begin_transaction() as work:
        work.run("MATCH (h:Revision {project: 'default'}) SET h.at = h.at - duration({days: 8})").consume()
        assert work.run(QUERIES["changed"].text, project="default", days=7).data() == []  # type: ignore[arg-type]
        assert len(work.run(QUERIES["changed"].text, project="default", days=9).data()) == 16
        work.rollback()


def test_contradictions_show_what_retired_what(driver: Driver) -> None:
    assert steps(driver, "contradictions", "path") == {
        ("Ana moved from Porto to Lisbon in May 2026.", "SUPERSEDES", "Ana lives in Porto."),
        ("Ana no longer likes coffee.", "SUPERSEDES", "Ana loves coffee."),
    }


def test_hubs_come_with_the_most_mentioned_first(driver: Driver) -> None:
    rows = ask(driver, "hubs")
    assert rows[0] == {"name": "Ana Silva", "type": "Person", "owner": "user:ana", "memories": 9}
    assert (rows[1]["name"], rows[1]["memories"]) == ("Marta", 3)
    assert len(rows) == 12
    assert rows[-1]["memories"] == 1


def test_orphans_are_counted_and_there_are_none(driver: Driver) -> None:
    rows = ask(driver, "orphans")
    assert len(rows) == 5
    assert {row["count"] for row in rows} == {0}


def test_orphans_are_found_where_there_are_some(driver: Driver) -> None:
    with driver.session() as session, session.begin_transaction() as work:
        work.run(BREAK).consume()
        rows = work.run(QUERIES["orphans"].text, project="default").data()
        work.rollback()
    assert [row["count"] for row in rows] == [1, 1, 1, 1, 1]


BREAK = """
CREATE (a:Entity {project: 'default', id: 'a'}), (b:Entity {project: 'default', id: 'b'})<-[:MENTIONS]-(:Memory)
CREATE (a)-[:KNOWS {relation: 'gone'}]->(b), (:Name {project: 'default', value: 'Nobody'})
CREATE (:Relation {project: 'default', id: 'r'})-[:SUBJECT]->(a)
WITH a MATCH (r:Relation {id: 'r'}) CREATE (r)-[:OBJECT]->(a)
CREATE (:Memory)-[:STATES]->(:Relation {project: 'default', id: 'half'})-[:SUBJECT]->(a)
"""
"""One fault of each kind."""
