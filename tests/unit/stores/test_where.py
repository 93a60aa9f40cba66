"""Filters as SQL: what the random ones of the conformance suite may miss."""

from __future__ import annotations

import re
import struct
from random import Random

import pytest

from graphmem.filters import And, Filter, Leaf, Not, Or, matches, parse_filter
from graphmem.queries import EntityQuery, RelationQuery, TextQuery, Walk
from graphmem.stores.sqlite.where import sight
from graphmem.testing.oracle import OracleStore
from graphmem.testing.worlds import Scribe, current

pytestmark = pytest.mark.anyio

HOSTILE = ["'; DROP TABLE memory; --", '"', ":ids", "?1", "{row}", "true /*where visible*/", "%s", "\\"]


@pytest.mark.parametrize("word", HOSTILE)
def test_data_is_never_text(word: str) -> None:
    scribe = Scribe(OracleStore())
    leaves = [
        *(
            Leaf(field, op, word)
            for field in ("user_id", "text", "categories")
            for op in ("eq", "contains", "icontains")
        ),
        *(Leaf("metadata." + word, op, word) for op in ("eq", "gt", "contains", "icontains")),
        Leaf("metadata." + word, "in", (word, 1.5, True, 7)),
        Leaf("metadata." + word, "exists"),
        Leaf("metadata." + word, "lte", 3.25),
    ]
    seen = sight(scribe.view(project=word, owners=(word, "user:" + word), where=Or(tuple(leaves))))
    plain = sight(scribe.view(project="p", owners=("a", "b"), where=Or(tuple(_with(leaf, "x") for leaf in leaves))))
    assert seen.visible == plain.visible
    assert seen.place == plain.place
    assert seen.params.keys() == plain.params.keys()


def _with(leaf: Leaf, word: str) -> Leaf:
    def new(value):
        return word if isinstance(value, str) else value

    value = tuple(map(new, leaf.value)) if isinstance(leaf.value, tuple) else new(leaf.value)
    field = "metadata." + word if leaf.field.startswith("metadata.") else leaf.field
    return Leaf(field, leaf.op, value)


async def test_floats_are_compared_by_their_meaning(scribe) -> None:
    # Whatever SQLite reads a float's digits as: each is found by itself and by no neighbour.
    random = Random(7)
    floats = [struct.unpack("d", random.randbytes(8))[0] for _ in range(200)]
    floats = [each for each in floats if abs(each) < 1e308] + [
        0.1 + 0.2,
        5e-324,
        2.0**63,
        -0.0,
        1e23,
        9007199254740993.0,
    ]
    memories = [scribe.memory(metadata={"n": [each, "x"]}) for each in floats]
    await scribe.write(*memories)
    for number in floats[::10] + floats[-6:]:
        for op in ("eq", "gt", "lte"):
            where = Leaf("metadata.n", op, number)
            found = {memory.id for memory in await current(scribe.store, scribe.view(where=where))}
            assert found == {memory.id for memory in memories if matches(where, memory.fields())}, where


async def test_integers_beyond_64_bits_are_compared_by_their_meaning(scribe) -> None:
    numbers = [2**63, 2**63 + 1, 2**64, -(2**63) - 1, 10**30, 2**63 - 1, -(2**63)]
    memories = [scribe.memory(metadata={"n": each}) for each in numbers]
    await scribe.write(*memories)
    read = await current(scribe.store, scribe.view())
    assert {memory.metadata["n"] for memory in read} == set(numbers)
    for number in (2**63 - 1, -(2**63), 2.0**63, 2.0**64, 1e30, -(2.0**63)):
        for op in ("eq", "gt", "gte", "lt", "lte"):
            where = Leaf("metadata.n", op, number)
            found = {memory.metadata["n"] for memory in await current(scribe.store, scribe.view(where=where))}
            assert found == {n for n in numbers if matches(where, {"metadata": {"n": n}})}, where


async def test_an_empty_scope_id_is_absent(scribe) -> None:
    memory = scribe.memory(scope=scribe.beside(run_id="", agent_id="bot"))
    await scribe.write(memory)
    for where in (
        Leaf("run_id", "exists"),
        Leaf("run_id", "eq", ""),
        Leaf("run_id", "lte", "a"),
        Leaf("run_id", "in", ("", "b")),
        Leaf("run_id", "contains", ""),
        Not(Leaf("agent_id", "exists")),
    ):
        assert matches(where, memory.fields()) is False
        assert await current(scribe.store, scribe.view(where=where)) == ()
        assert await current(scribe.store, scribe.view(where=Not(where))) == (
            await current(scribe.store, scribe.view())
        )


def _deepest() -> Filter:
    """Three groups in one another, at each level that the parser lets through."""
    document: dict = {"n": 1}
    for level in range(31):
        document = {"n": {"lt": 3}, "NOT": [document, {"a": f"{level}"}]}
    return parse_filter(document)


def _bushy(size: int) -> Filter:
    """Conditions of every kind, as deep as balance allows."""
    leaves: list[Filter] = [
        each
        for n in range(size // 8)
        for each in (
            Leaf("metadata.n", "eq", n),
            Leaf("metadata.n", "gt", n + 0.5),
            Leaf("metadata.n", "in", ("a", n, True)),
            Leaf("metadata.n", "icontains", "a"),
            Leaf("metadata.n", "exists"),
            Leaf("categories", "icontains", "a"),
            Leaf("run_id", "in", ("a", "b")),
            Leaf("text", "contains", "x"),
        )
    ]
    while len(leaves) > 1:
        pairs = [tuple(leaves[i : i + 2]) for i in range(0, len(leaves), 2)]
        leaves = [Not(And(pair)) if n % 2 else Or(pair) for n, pair in enumerate(pairs)]
    return leaves[0]


def test_short_filters_are_sql_and_long_ones_are_not() -> None:
    scribe = Scribe(OracleStore())
    for where, own in ((_bushy(8), False), (_bushy(64), False), (_bushy(1024), True), (_deepest(), True)):
        assert ("graphmem_matches" in sight(scribe.view(where=where)).visible) is own
        beside = And((Leaf("run_id", "eq", "a"), where, Leaf("metadata.b", "eq", "b")))
        seen = sight(scribe.view(where=beside))
        assert all(f":{name}" in seen.visible for name in seen.params if name.startswith("w"))
        assert len([name for name in seen.params if name.startswith("w")]) == len(
            set(re.findall(r":w\d+", seen.visible))
        )


@pytest.mark.parametrize("where", [_deepest(), *(_bushy(2**n) for n in range(3, 11))])
async def test_the_largest_filters_fit_every_read(where: Filter, scribe) -> None:
    ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
    knows = scribe.relation(ana, "KNOWS", bo)
    memory = scribe.memory("words", states=[knows], metadata={"n": 1})
    await scribe.write(ana, bo, knows, memory, scribe.revision(memory))
    visible = matches(where, memory.fields())
    store = scribe.store
    for owners in ((scribe.partition.owner,), (scribe.partition.owner, "user:other"), None):
        for over in ({}, {"known_at": scribe.now()}):
            view = scribe.view(where=where, owners=owners, **over)
            assert await store.count(view) == visible
            assert len(await store.memories(view, [memory.id])) == visible
            assert len((await store.entities(EntityQuery(view=view))).items) == 2 * visible
            assert len((await store.relations(RelationQuery(view=view))).items) == visible
            assert len(await store.owners(view, 5)) == visible
            assert len(await store.search_text(TextQuery(view=view, text="words"))) == visible
            for cap in (1, 20):
                prefer = {"prefer_relations": (knows.id,), "prefer_memories": (memory.id,)}
                hop = await store.walk(Walk(view=view, entity_ids=(ana.id,), hub_cap=cap, **prefer))
                assert len(hop.relations) == visible
                assert len(hop.mentions) == 2 * visible
