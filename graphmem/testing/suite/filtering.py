"""Filters mean in every store what `graphmem.filters.matches` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphmem.abc import GraphStore
from graphmem.changes import ChangeSet, PutMemory
from graphmem.errors import TooLarge
from graphmem.filters import (
    FALSE,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_TEXT,
    MAX_VALUES,
    TRUE,
    And,
    Filter,
    Leaf,
    Not,
    Or,
    matches,
    parse_filter,
)
from graphmem.ids import new_id
from graphmem.models import SCOPE_FIELDS, Memory, Partition, Scope
from graphmem.queries import MemoryQuery, View
from graphmem.testing.strategies import documents, filters
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, TODAY, Scribe, current, fresh

__all__ = ["FilterTests", "ManyFilterTests"]

_HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.differing_executors]
_SHELVES = st.lists(documents(), min_size=1, max_size=8)
_QUESTIONS = st.lists(filters(), min_size=5, max_size=5)


def _memory(project: str, document: Mapping[str, Any], memory_id: str) -> Memory:
    """A memory whose `fields()` are the document, but for the id."""
    rest = {name: value for name, value in document.items() if name not in (*SCOPE_FIELDS, "id")}
    ids = {name: document[name] for name in SCOPE_FIELDS if name in document}
    return Memory(id=memory_id, scope=Scope(project=project, **ids), **rest)


def _renamed(where: Filter, names: Mapping[str, str]) -> Filter:
    """The filter with other ids: ids in a store are never used twice."""
    match where:
        case And(parts):
            return And(tuple(_renamed(part, names) for part in parts))
        case Or(parts):
            return Or(tuple(_renamed(part, names) for part in parts))
        case Not(part):
            return Not(_renamed(part, names))
        case Leaf("id", op, tuple() as values):
            return Leaf("id", op, tuple(names.get(str(value), value) for value in values))
        case Leaf("id", op, str() as value):
            return Leaf("id", op, names.get(value, value))
        case _:
            return where


async def check(store: GraphStore, shelf: list[dict[str, Any]], questions: list[Filter]) -> None:
    """Every question is answered as `matches` does, over the documents of a new project."""
    project, names = fresh("project"), {document["id"]: new_id() for document in shelf}
    # Two documents of one id are two memories: only the first takes part under that id.
    kept = {document["id"]: document for document in reversed(shelf)}
    memories = [_memory(project, document, names[old]) for old, document in kept.items()]
    by_partition: dict[Partition, list[Memory]] = {}
    for memory in memories:
        by_partition.setdefault(memory.scope.partition, []).append(memory)
    changes = (
        ChangeSet(id=new_id(), partition=place, sequence=0, at=START, operations=tuple(map(PutMemory, group)))
        for place, group in by_partition.items()
    )
    await store.apply(*changes)
    view = {"project": project, "today": TODAY, "include_expired": True, "include_superseded": True}
    for question in questions:
        where = _renamed(question, names)
        expected = {memory.id for memory in memories if matches(where, memory.fields())}
        found = await current(store, View(**view, where=where))  # type: ignore[arg-type]
        assert {memory.id for memory in found} == expected, where
        assert len(found) == len(expected)


class FilterTests(StoreSuite):
    """Random filters over random memories, and the corners by name."""

    @settings(max_examples=60, suppress_health_check=_HEALTH, deadline=None)
    @given(shelf=_SHELVES, questions=_QUESTIONS)
    async def test_random_filters_agree(
        self, store: GraphStore, shelf: list[dict[str, Any]], questions: list[Filter]
    ) -> None:
        """300 filters, over metadata and fixed fields of every kind."""
        await check(store, shelf, questions)

    @pytest.mark.parametrize(
        ("where", "number"),
        [
            (TRUE, 3),
            (FALSE, 0),
            (Not(TRUE), 0),
            (Not(FALSE), 3),
            (And((Or(), TRUE)), 0),
            (Or((And(), FALSE)), 3),
            (Leaf("metadata.n", "eq", 1), 1),
            (Leaf("metadata.n", "eq", True), 1),
            (Leaf("metadata.n", "in", ()), 0),
            (Not(Leaf("metadata.n", "eq", 1)), 2),
            (Leaf("metadata.n", "exists"), 2),
            (Not(Leaf("metadata.n", "exists")), 1),
            (Leaf("metadata.n", "gte", 0), 1),
            (Leaf("metadata.absent", "lt", "z"), 0),
            (Not(Leaf("metadata.absent", "lt", "z")), 3),
        ],
    )
    async def test_constants_and_absence(self, scribe: Scribe, where: Filter, number: int) -> None:
        """Two values of truth, and `Not` is their complement."""
        shelf = [{"n": 1}, {"n": [True, None]}, {"n": []}]
        await scribe.write(*(scribe.memory(metadata=metadata) for metadata in shelf))
        assert await scribe.store.count(scribe.view(where=where)) == number

    async def test_integers_beyond_floats_are_told_apart(self, scribe: Scribe) -> None:
        """2**53 and 2**53 + 1 are two numbers, and 1 is 1.0."""
        await scribe.write(*(scribe.memory(metadata={"n": number}) for number in (2**53, 2**53 + 1, 1, 1.0)))

        async def count(op: Any, value: float) -> int:
            return await scribe.store.count(scribe.view(where=Leaf("metadata.n", op, value)))

        assert await count("eq", 2**53) == await count("eq", 2**53 + 1) == 1
        assert await count("gt", 2**53) == 1
        assert await count("lte", float(2**53)) == 3
        assert await count("eq", 1.0) == await count("eq", 1) == 2

    async def test_filters_hold_in_every_read_that_has_a_view(self, scribe: Scribe) -> None:
        """Counting, paging and time travel included."""
        for number in range(6):
            memory = scribe.memory(f"{number}", metadata={"even": number % 2 == 0})
            await scribe.write(memory, scribe.revision(memory))
        where = Leaf("metadata.even", "eq", True)
        for view in (scribe.view(where=where), scribe.view(where=where, known_at=scribe.now())):
            assert await scribe.store.count(view) == 3
            page = await scribe.store.find(MemoryQuery(view=view, limit=2, newest_first=False))
            assert [memory.text for memory in page.items] == ["0", "2"]

    async def test_a_filter_as_deep_as_can_be_written(self, scribe: Scribe) -> None:
        """Three groups in one another at each of the levels that the parser lets through."""
        await scribe.write(*(scribe.memory(metadata={"n": number}) for number in range(4)))
        document: dict[str, Any] = {"n": {"lt": 2}}
        for level in range(MAX_DEPTH - 1):
            document = {"n": {"lt": 3}, "NOT": [document, {"n": level % 2}]}
        where = parse_filter(document)
        found = await current(scribe.store, scribe.view(where=where))
        assert {memory.metadata["n"] for memory in found} == {
            n for n in range(4) if matches(where, {"metadata": {"n": n}})
        }
        with pytest.raises(TooLarge):
            parse_filter({"NOT": document})

    async def test_a_filter_as_broad_as_can_be_written(self, scribe: Scribe) -> None:
        """As many conditions, as many values."""
        await scribe.write(scribe.memory(metadata={"n": 7}), scribe.memory(metadata={"n": 70_000}))
        conditions = parse_filter({"OR": [{"n": number} for number in range(MAX_LEAVES)]})
        values = parse_filter({"n": list(range(MAX_VALUES))})
        text = parse_filter({"n": ["x" * MAX_TEXT, 7]})
        for where in (conditions, values, text):
            found = await current(scribe.store, scribe.view(where=where))
            assert [memory.metadata["n"] for memory in found] == [7]


class ManyFilterTests(StoreSuite):
    """The same with 10,000 filters: minutes, not seconds."""

    @pytest.mark.slow
    @settings(max_examples=2_000, suppress_health_check=_HEALTH, deadline=None, derandomize=False)
    @given(shelf=_SHELVES, questions=_QUESTIONS)
    async def test_very_many_random_filters_agree(
        self, store: GraphStore, shelf: list[dict[str, Any]], questions: list[Filter]
    ) -> None:
        """Random ones, other ones each time."""
        await check(store, shelf, questions)
