"""Pages: in order, without loss or repetition, while others write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graphmem.errors import InvalidInput
from graphmem.models import Memory
from graphmem.queries import EntityQuery, MemoryQuery, Page, RelationQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, Scribe

__all__ = ["PagingTests"]


async def through(
    ask: Callable[[str | None], Awaitable[Page[Any]]], between: Callable[[], Awaitable[object]] | None = None
) -> list[Any]:
    """All items of all pages; `between` is done after each."""
    page = await ask(None)
    found = list(page.items)
    while page.cursor is not None:
        if between is not None:
            await between()
        page = await ask(page.cursor)
        assert page.items, "a cursor that leads to nothing"
        found += page.items
        assert len(found) < 1_000, "the pages never end"
    return found


class PagingTests(StoreSuite):
    """`find`, `entities`, `relations`."""

    async def shelf(self, scribe: Scribe, size: int = 9) -> list[Memory]:
        """Memories in their order; every two of the same moment, so that the id decides."""
        at = [START + timedelta(seconds=number // 2) for number in range(size)]
        memories = [scribe.memory(f"{number}", created_at=moment) for number, moment in enumerate(at)]
        await scribe.write(*memories)
        return sorted(memories, key=lambda memory: (memory.created_at, memory.id))

    @pytest.mark.parametrize("newest_first", [True, False])
    async def test_memories_come_in_order(self, scribe: Scribe, newest_first: bool) -> None:
        """By (created_at, id), either way round, at every page size."""
        ordered = [memory.id for memory in await self.shelf(scribe)]
        expected = ordered[::-1] if newest_first else ordered
        for limit in (1, 2, 3, 4, 8, 9, 10):

            async def ask(cursor: str | None, limit: int = limit) -> Page[Memory]:
                query = MemoryQuery(view=scribe.view(), newest_first=newest_first, limit=limit, cursor=cursor)
                page = await scribe.store.find(query)
                assert len(page.items) <= limit
                return page

            assert [memory.id for memory in await through(ask)] == expected

    async def test_the_last_page_has_no_cursor(self, scribe: Scribe) -> None:
        """Nor has an empty one, or one that is just full."""
        memories = await self.shelf(scribe, 4)
        for limit, more in ((3, True), (4, False), (5, False)):
            page = await scribe.store.find(MemoryQuery(view=scribe.view(), limit=limit))
            assert (page.cursor is not None) == more
        await scribe.drop(*memories)
        assert await scribe.store.find(MemoryQuery(view=scribe.view())) == Page(())

    @pytest.mark.parametrize("newest_first", [True, False])
    async def test_nothing_is_lost_or_repeated_while_others_write(self, scribe: Scribe, newest_first: bool) -> None:
        """Inserted before, between and after: what was there at the beginning comes once, in order."""
        there = [memory.id for memory in await self.shelf(scribe, 12)]
        inserts = iter(range(100))

        async def between() -> None:
            number = next(inserts)
            at = [START - timedelta(days=1), START + timedelta(seconds=number % 6), START + timedelta(days=1)]
            await scribe.write(*(scribe.memory(f"new {number}", created_at=moment) for moment in at))

        async def ask(cursor: str | None) -> Page[Memory]:
            query = MemoryQuery(view=scribe.view(), newest_first=newest_first, limit=2, cursor=cursor)
            return await scribe.store.find(query)

        found = [memory.id for memory in await through(ask, between)]
        assert len(found) == len(set(found))
        assert [key for key in found if key in there] == (there[::-1] if newest_first else there)

    async def test_nothing_else_is_lost_when_the_last_one_goes(self, scribe: Scribe) -> None:
        """The memory that a page ended with is deleted: the next page goes on behind its place."""
        memories = await self.shelf(scribe, 8)
        seen: list[str] = []

        async def ask(cursor: str | None) -> Page[Memory]:
            query = MemoryQuery(view=scribe.view(), newest_first=False, limit=2, cursor=cursor)
            page = await scribe.store.find(query)
            seen.extend(memory.id for memory in page.items)
            return page

        async def between() -> None:
            await scribe.drop(next(memory for memory in memories if memory.id == seen[-1]))

        await through(ask, between)
        assert seen == [memory.id for memory in memories]

    async def test_pages_hold_to_view_and_filter(self, scribe: Scribe) -> None:
        """A page is full while there are visible memories left, however many hidden ones lie between."""
        memories = await self.shelf(scribe, 12)
        await scribe.write(
            *(replace(memory, expired_at=START) for memory in memories[:11] if memory is not memories[5])
        )
        page = await scribe.store.find(MemoryQuery(view=scribe.view(), limit=2))
        assert [memory.id for memory in page.items] == [memories[11].id, memories[5].id]
        assert page.cursor is None

    async def test_numbered_pages(self, scribe: Scribe) -> None:
        """`offset` skips; past the end there is nothing."""
        ordered = [memory.id for memory in (await self.shelf(scribe, 7))][::-1]
        for offset in (0, 1, 3, 6, 7, 100):
            page = await scribe.store.find(MemoryQuery(view=scribe.view(), limit=3, offset=offset))
            assert [memory.id for memory in page.items] == ordered[offset : offset + 3]

    async def test_entities_come_by_name(self, scribe: Scribe) -> None:
        """By their folded names, whole, at every page size; over several owners by id among equal ones."""
        names = ["Zoë", "ana", "Ánabel", "BO", "東京", "éclair", "Eclipse"]
        other = Scribe(scribe.store, scribe.project)
        for each in (scribe, other):
            people = [each.entity(name) for name in names]
            await each.write(*people, each.memory(about=people))
        view = scribe.view(owners=None)
        for limit in (1, 2, 5, 14):

            async def ask(cursor: str | None, limit: int = limit) -> Page[Any]:
                return await scribe.store.entities(EntityQuery(view=view, limit=limit, cursor=cursor))

            found = await through(ask)
            assert [(entity.key, entity.id) for entity in found] == sorted((entity.key, entity.id) for entity in found)
            assert len({entity.id for entity in found}) == len(found) == 14

    async def test_entities_are_narrowed_by_all_that_is_asked(self, scribe: Scribe) -> None:
        """Names (aliases included), ids and type together; an empty set finds nothing."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        mentions = [*scribe.mentions([ana, bo]), replace(scribe.mentions([ana])[0], name="Mum", type="Person")]
        await scribe.write(ana, bo, scribe.memory(about=mentions))

        async def found(**asked: Any) -> set[str]:
            page = await scribe.store.entities(EntityQuery(view=scribe.view(), **asked))
            return {entity.name for entity in page.items}

        assert await found(names=frozenset({"mum", "bo", "cy"})) == {"Ana", "Bo"}
        assert await found(type="Person") == {"Ana"}
        assert await found(type="person") == set()
        assert await found(names=frozenset({"bo"}), type="Person") == set()
        assert await found(ids=frozenset({bo.id}), names=frozenset({"ana", "bo"})) == {"Bo"}
        assert await found(names=frozenset()) == await found(ids=frozenset()) == set()

    async def test_relations_come_by_their_intervals(self, scribe: Scribe) -> None:
        """Unknown beginnings first, then by beginning, making and id; at every page size."""
        ana = scribe.entity("Ana")
        at = [None, None, START, START - timedelta(days=9), START, None, START + timedelta(microseconds=1)]
        made = [START + timedelta(seconds=number // 4) for number in range(len(at))]
        drawn = [
            scribe.relation(ana, "KNOWS", ana, valid_at=valid_at, created_at=created_at)
            for valid_at, created_at in zip(at, made, strict=True)
        ]
        await scribe.write(ana, *drawn, scribe.memory(states=drawn))
        expected = sorted(drawn, key=lambda r: (r.valid_at is not None, r.valid_at or START, r.created_at, r.id))
        for limit in (1, 2, 3, 7):

            async def ask(cursor: str | None, limit: int = limit) -> Page[Any]:
                return await scribe.store.relations(RelationQuery(view=scribe.view(), limit=limit, cursor=cursor))

            assert [relation.id for relation in await through(ask)] == [relation.id for relation in expected]

    @pytest.mark.parametrize(
        "cursor", ["nonsense", "1", "e30", "bnVsbA==", "[]", "{}", "💥", "' OR 1=1 --", "A" * 5_000]
    )
    async def test_a_cursor_that_was_not_given_is_refused(self, scribe: Scribe, cursor: str) -> None:
        """Whatever it looks like, in every paged read."""
        await self.shelf(scribe, 3)
        with pytest.raises(InvalidInput):
            await scribe.store.find(MemoryQuery(view=scribe.view(), cursor=cursor))
        with pytest.raises(InvalidInput):
            await scribe.store.entities(EntityQuery(view=scribe.view(), cursor=cursor))
        with pytest.raises(InvalidInput):
            await scribe.store.relations(RelationQuery(view=scribe.view(), cursor=cursor))

    async def test_a_cursor_tells_nothing_of_the_memory(self, scribe: Scribe) -> None:
        """It is opaque: at least the text is not in it."""
        await scribe.write(*(scribe.memory(f"verysecret {number}") for number in range(3)))
        page = await scribe.store.find(MemoryQuery(view=scribe.view(), limit=1))
        assert page.cursor is not None
        assert "verysecret" not in page.cursor
