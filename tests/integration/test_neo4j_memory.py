"""A memory in Neo4j as a person uses it: moved there and back, asked in Cypher, told odd things, at a bounded price."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase

from graphmem import AsyncMemory, Settings
from graphmem.client.house import back_up, copy_house, restore_house
from graphmem.errors import Forbidden, InvalidInput, NotSupported, TooLarge, Unavailable
from graphmem.queries import Talk
from graphmem.stores.neo4j import Neo4jStore
from graphmem.stores.neo4j.edge_types import EdgeTypes
from graphmem.stores.neo4j.session import Tx
from graphmem.testing.worlds import Scribe, fresh
from tests.integration.test_bad_input import KEYS, TEXTS
from tests.support.lived_in import SETTINGS, live_in, same
from tests.support.neo4j import empty
from tests.support.neo4j_local.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.services]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return SETTINGS.model_copy(update={"home": tmp_path / "home"})


@pytest.fixture
async def memory(empty_neo4j: Server, settings: Settings) -> AsyncIterator[AsyncMemory]:
    async with AsyncMemory(empty_neo4j.url, settings=settings) as memory:
        yield memory


# -- moving house


async def test_there_and_back(empty_neo4j: Server, tmp_path: Path, settings: Settings) -> None:
    old, new, url = tmp_path / "old", tmp_path / "new", empty_neo4j.url
    await live_in(old)
    there = await copy_house(str(old), url, settings)
    await same(old, url, settings)
    back = await copy_house(url, str(new), settings)
    await same(old, new, settings)
    assert there.counts == back.counts
    assert there.checksum == back.checksum


async def test_a_backup_comes_back_whole(empty_neo4j: Server, tmp_path: Path, settings: Settings) -> None:
    old, file, url = tmp_path / "old", tmp_path / "all.jsonl.gz", empty_neo4j.url
    await live_in(old)
    await copy_house(str(old), url, settings)
    await back_up(url, file, settings)
    with pytest.raises(InvalidInput, match="holds 6 memories"):
        await restore_house(file, url, settings)
    empty(empty_neo4j)
    elsewhere = settings.model_copy(update={"home": tmp_path / "elsewhere"})
    await restore_house(file, url, elsewhere)
    await same(old, url, elsewhere)


# -- Cypher of one's own


async def test_asked_in_cypher(memory: AsyncMemory) -> None:
    await memory.add("Bo leads Atlas", user_id="bo", infer=False, relations=[("Bo", "LEADS", "Atlas")])
    graph = memory.graph(user_id="bo")
    query = "MATCH (a:Entity)-[:LEADS]->(b {name: $whom}) RETURN a.name AS who"
    assert await graph.cypher(query, whom="Atlas") == [{"who": "Bo"}]
    assert await graph.cypher(query, whom="' OR true //") == []
    [said] = await graph.cypher("MATCH (m:Memory) RETURN {at: [m.created_at], on: date(m.created_at)} AS said")
    [at] = said["said"]["at"]
    assert (type(at), said["said"]["on"]) == (datetime, at.date())
    for writing in ("MATCH (n) DETACH DELETE n", "CREATE (:Memory)", "CREATE INDEX FOR (n:X) ON (n.y)"):
        with pytest.raises(Forbidden):
            await graph.cypher(writing)
    with pytest.raises(InvalidInput, match="refuses"):
        await graph.cypher("MATCH (n RETURN n")
    with pytest.raises(TooLarge, match="more than 10 rows"):
        await graph.cypher("UNWIND range(1, 11) AS n RETURN n", limit=10)
    with pytest.raises(Unavailable, match="too long"):
        await graph.cypher("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(*)", timeout=0.5)
    assert await graph.cypher(query, whom="Atlas") == [{"who": "Bo"}]


async def test_a_folder_takes_no_cypher(tmp_path: Path) -> None:
    async with AsyncMemory(tmp_path / "memory", settings=SETTINGS) as memory:
        with pytest.raises(NotSupported, match="graphmem copy"):
            await memory.graph(user_id="bo").cypher("RETURN 1")


# -- odd words


async def test_odd_words_are_kept_as_they_are(memory: AsyncMemory) -> None:
    """As texts, names, relation types, metadata and whose it is."""
    texts = {name: text for name, text in TEXTS.items() if len(text) < 10_000}
    for name, text in texts.items():
        user, said = f"odd {text[:200]}", ("Ana " + text, text, "Bo " + text)
        added = await memory.add(text, user_id=user, infer=False, metadata={text: text}, relations=[said])
        [item] = added["results"]
        found = await memory.get(item["id"])
        assert (found["memory"], found["metadata"]) == (text.strip(), {text: text}), name
        everything = await memory.get_all(user_id=user, filters={"metadata": {text: text}})
        assert [each["id"] for each in everything["results"]] == [item["id"]], name
        assert (await memory.search("Ana " + text, user_id=user))["results"][0]["id"] == item["id"], name
        [edge] = (await memory.graph(user_id=user).subgraph()).edges
        ends = tuple(" ".join(name.split()) for name in (said[0], said[2]))  # names are on one line
        assert (edge.source.name, edge.target.name) == ends, name
    for n, key in enumerate(KEYS):
        user = f"keys {n}"
        await memory.add("with it", user_id=user, infer=False, metadata={key: "value"})
        await memory.add("without", user_id=user, infer=False, metadata={"another": key})
        [only] = (await memory.get_all(user_id=user, filters={"metadata": {key: "value"}}))["results"]
        assert only["memory"] == "with it", key


# -- the price


async def test_a_search_and_an_add_take_as_many_statements_among_many_as_among_few(
    memory: AsyncMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()

    def counted(method: Any) -> Any:
        async def call(self: Tx, name: str, *args: Any, **more: Any) -> Any:
            asked[name] += 1
            return await method(self, name, *args, **more)

        return call

    for name in ("rows", "run"):
        monkeypatch.setattr(Tx, name, counted(getattr(Tx, name)))

    async def price() -> tuple[Counter[str], Counter[str]]:
        asked.clear()
        await memory.search("who leads the project of Ana?", user_id="ana")
        search = Counter(asked)
        asked.clear()
        said = ("Ana", "LEADS", f"Project {await many(0)}")
        await memory.add("One more", user_id="ana", infer=False, relations=[said])
        asked.pop("upkeep/settings_of_project", None)  # who is told of it: read every two seconds, not every time
        for counted in (search, asked):  # kept for a moment, and read again where things take longer than that
            counted.pop("upkeep/setting", None)
        return search, Counter(asked)

    async def many(number: int) -> int:
        items = [
            {
                "messages": f"Ana leads project {n} of many",
                "user_id": "ana",
                "infer": False,
                "relations": [("Ana", "LEADS", f"Project {n}")],
            }
            for n in range(number)
        ]
        if items:
            await memory.add_many(items)
        return number

    await many(30)
    few = await price()
    await many(600)
    among_many = await price()
    assert among_many == few
    assert sum(few[0].values()) == 5
    assert sum(few[1].values()) <= 10


# -- edges


async def test_edges_that_somebody_changed_are_found_and_drawn_again(memory: AsyncMemory, empty_neo4j: Server) -> None:
    said = [("Bo", "LEADS", "Atlas"), ("Bo", "KNOWS", "Uma"), ("Uma", "LIKES", "Tea"), ("Bo", "SINGS", "Fado")]
    await memory.add("Of Bo and Uma", user_id="bo", infer=False, relations=said)
    graph = memory.graph(user_id="bo")
    query = "MATCH (a:Entity)-[x]->(b:Entity) RETURN a.name AS a, type(x) AS type, x.label AS label, b.name AS b"

    async def drawn() -> list[tuple[str, ...]]:
        return sorted(tuple(row.values()) for row in await graph.cypher(query))

    before = await drawn()
    assert len(before) == 4
    assert (await memory.index("verify"))["clean"]
    with GraphDatabase.driver(empty_neo4j.url) as driver:
        for damage in (
            "MATCH ()-[x:LEADS]->() DELETE x",
            "MATCH ()-[x:KNOWS]->() SET x.label = 'hates'",
            "MATCH (a)-[x:LIKES]->(b) CREATE (a)-[y:LOVES]->(b) SET y = properties(x) DELETE x",
            "MATCH (a:Entity {name: 'Uma'}), (b:Entity {name: 'Fado'}) CREATE (a)-[:SINGS {relation: 'none'}]->(b)",
        ):
            assert driver.execute_query(damage).summary.counters.contains_updates
    found = await memory.index("verify")
    assert (found["clean"], found["edges"]) == (False, 4)
    assert (await memory.index("repair"))["edges"] == 4
    assert (await memory.index("verify"))["clean"]
    assert await drawn() == before


async def test_types_beyond_the_room_there_is_are_shown_alike(neo4j_url: str) -> None:
    store = Neo4jStore(neo4j_url)
    await store.open()
    try:
        used = {
            row["t"] for row in await _rows(store, "CALL db.relationshipTypes() YIELD relationshipType AS t RETURN t")
        }
        store._edge_types = EdgeTypes(room=len(used) + 1)
        scribe, kinds = Scribe(store, fresh("project"), user_id="ana"), sorted(fresh(f"KIND_{n}") for n in range(3))
        people = [scribe.entity("Ana"), scribe.entity("Bo")]
        relations = [scribe.relation(people[0], kind, people[1]) for kind in kinds]
        await scribe.write(*people, *relations, scribe.memory(about=people, states=relations))
        drawn = await _rows(
            store,
            "MATCH (:Entity {project: $project})-[x]->(:Entity) RETURN x.relation AS id, type(x) AS type",
            project=scribe.project,
        )
        kept = {relation.id: relation.type for relation in relations}
        assert {each["type"] for each in drawn} == {kinds[0], "RELATED_TO"}
        assert all(each["type"] in {kept[each["id"]], "RELATED_TO"} for each in drawn)
        assert {id_: (await scribe.relation_of(id_)).type for id_ in kept} == kept
    finally:
        await store.aclose()


async def _rows(store: Neo4jStore, query: str, **params: Any) -> list[dict[str, Any]]:
    return await store.cypher(query, params, limit=100_000, timeout=30.0)


# -- schema


async def test_what_an_older_schema_holds_is_brought_up_to_date(empty_neo4j: Server) -> None:
    """As it was before episodes had places of their own: what was said is found again, by the new index."""
    store = Neo4jStore(empty_neo4j.url)
    await store.open()
    scribe = Scribe(store)
    said = [scribe.episode(f"number {number}") for number in range(3)]
    told = [scribe.memory(each.content, of=[each]) for each in said]
    await scribe.write(*said, *told)
    asked = Talk(view=scribe.view(), memory_ids=(told[1].id,), reach=2, pause=timedelta(hours=1))
    before = await store.talk(asked)
    assert [turn.place for turn in before[told[1].id]] == [-1, 0, 1]
    await store.aclose()
    with GraphDatabase.driver(empty_neo4j.url) as driver, driver.session() as session:
        session.run("MATCH (x:Episode) REMOVE x.scene, x.turn").consume()
        session.run("DROP INDEX episode_in_scene").consume()
        session.run("MATCH (h:House) SET h.schema = 2").consume()
    store = Neo4jStore(empty_neo4j.url)
    assert (await store.schema()).version == 2
    await store.open()
    assert (await store.schema()).pending == ()
    assert await store.talk(asked) == before
    await store.aclose()
