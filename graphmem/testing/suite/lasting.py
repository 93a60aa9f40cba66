"""Vector indexes: opening, closing, rebuilding, compacting, and being used meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from graphmem.abc import VectorIndex
from graphmem.changes import Mark
from graphmem.errors import EmbedderChanged, Unavailable
from graphmem.models import Point
from graphmem.testing.points import FINGERPRINT, Pen
from graphmem.testing.suite.base import IndexSuite
from graphmem.testing.suite.searching import held, ids, mark, one

__all__ = ["LastingTests", "TombstoneTests"]

OTHER = "another:embedder:32+terms:1"


async def batches(points: Sequence[Point], size: int = 10) -> AsyncIterator[Sequence[Point]]:
    """The points, a few at a time."""
    for start in range(0, len(points), size):
        yield points[start : start + size]


class LastingTests(IndexSuite):
    """The copy outlives the process, and can be made anew."""

    async def test_what_was_written_outlives_an_orderly_stop(self, index: VectorIndex, pen: Pen) -> None:
        """Points, deletions and revisions. It is clean, once a new one was compared with the store before."""
        points = pen.points(30)
        await index.upsert(points)
        await index.upsert([replace(points[0], revision=9)])
        await index.delete([mark(points[1])])
        expected = {point.id: mark(point) for point in points[2:]} | {points[0].id: mark(points[0], 9)}
        assert await held(index) == expected
        index = await self.reopen(index)
        assert index.clean
        assert await held(index) == expected
        assert ids(await one(index, pen.ask(points[5].dense)))[0] == points[5].id
        await index.upsert([pen.point()])
        assert await index.count() == 30

    async def test_opening_and_closing_twice(self, index: VectorIndex, pen: Pen) -> None:
        """Is doing it once."""
        point = pen.point()
        await index.upsert([point])
        await index.open(FINGERPRINT)
        assert await index.count() == 1
        await index.aclose()
        await index.aclose()

    async def test_a_closed_index_says_so(self, index: VectorIndex, pen: Pen) -> None:
        """It does not answer that there is nothing."""
        await index.upsert([pen.point()])
        await index.aclose()
        with pytest.raises(Unavailable):
            await index.query([pen.ask()])
        with pytest.raises(Unavailable):
            await index.upsert([pen.point()])
        with pytest.raises(Unavailable):
            await index.count()

    async def test_flushing_changes_nothing(self, index: VectorIndex, pen: Pen) -> None:
        """However often."""
        points = pen.points(5)
        await index.upsert(points)
        await index.flush()
        await index.flush()
        assert set(await held(index)) == {point.id for point in points}

    # -- another embedder

    async def test_another_embedder_is_refused(self, index: VectorIndex, pen: Pen) -> None:
        """With both names; what is there stays, and opens again with its own."""
        point = pen.point()
        await index.upsert([point])
        await index.aclose()
        with pytest.raises(EmbedderChanged) as caught:
            await index.open(OTHER)
        assert FINGERPRINT in caught.value.built_with
        assert OTHER in caught.value.configured
        await index.open(FINGERPRINT)
        assert set(await held(index)) == {point.id}

    async def test_another_embedder_is_taken_by_a_rebuild(self, index: VectorIndex, pen: Pen) -> None:
        """Where opening was refused as well; from then on the old one is."""
        await index.upsert(pen.points(3))
        await index.aclose()
        with pytest.raises(EmbedderChanged):
            await index.open(OTHER)
        new = pen.points(2)
        await index.rebuild(OTHER, batches(new))
        assert set(await held(index)) == {point.id for point in new}
        await index.aclose()
        with pytest.raises(EmbedderChanged):
            await index.open(FINGERPRINT)
        await index.open(OTHER)
        assert set(await held(index)) == {point.id for point in new}

    # -- made anew

    async def test_a_rebuild_puts_the_new_in_place_of_the_old(self, index: VectorIndex, pen: Pen) -> None:
        """Nothing of the old is left, at lower revisions too; it lasts."""
        old = pen.points(30, revision=50)
        new = [*pen.points(25), *(replace(point, revision=1, dense=pen.dense()) for point in old[:5])]
        await index.upsert(old)
        await index.rebuild(FINGERPRINT, batches(new))
        assert await held(index) == {point.id: mark(point) for point in new}
        for point in new[::6]:
            assert ids(await one(index, pen.ask(point.dense)))[0] == point.id
        index = await self.reopen(index)
        assert index.clean
        assert set(await held(index)) == {point.id for point in new}

    async def test_a_rebuild_of_nothing_is_empty(self, index: VectorIndex, pen: Pen) -> None:
        """And goes on working."""
        await index.upsert(pen.points(5))
        await index.rebuild(FINGERPRINT, batches([]))
        assert await held(index) == {}
        point = pen.point()
        await index.upsert([point])
        assert ids(await one(index, pen.ask(point.dense))) == [point.id]

    async def test_readers_keep_the_old_one_during_a_rebuild(self, index: VectorIndex, pen: Pen) -> None:
        """Until the switch, after which they have the new one."""
        old, new = pen.points(20), pen.points(20)
        await index.upsert(old)
        seen: list[str] = []

        async def watched() -> AsyncIterator[Sequence[Point]]:
            async for batch in batches(new, 5):
                yield batch
                seen.extend(ids(await one(index, pen.ask(old[0].dense, limit=1))))

        await index.rebuild(FINGERPRINT, watched())
        assert seen == [old[0].id] * 4
        found = ids(await one(index, pen.ask(limit=100)))
        assert set(found) == {point.id for point in new}

    async def test_a_rebuild_that_fails_leaves_the_old_one(self, index: VectorIndex, pen: Pen) -> None:
        """Whole, and able to be rebuilt the next time."""
        old, new = pen.points(10), pen.points(10)
        await index.upsert(old)

        async def broken() -> AsyncIterator[Sequence[Point]]:
            yield new[:5]
            raise RuntimeError("the embedder is gone")

        with pytest.raises(RuntimeError, match="the embedder is gone"):
            await index.rebuild(FINGERPRINT, broken())
        assert set(await held(index)) == {point.id for point in old}
        assert ids(await one(index, pen.ask(old[3].dense)))[0] == old[3].id
        await index.rebuild(FINGERPRINT, batches(new))
        assert set(await held(index)) == {point.id for point in new}

    async def test_compacting_keeps_what_is_live(self, index: VectorIndex, pen: Pen) -> None:
        """At its revisions, in all kinds, findable as before; what was deleted stays so."""
        points = [*pen.points(40), *pen.points(20, kind="relation"), *pen.points(20, kind="entity")]
        await index.upsert(points)
        await index.upsert([replace(points[0], revision=5)])
        await index.delete([mark(point) for point in points[1:80:2]])
        before = await held(index)
        queries = [pen.ask(point.dense, kind=point.kind) for point in points[::7]]
        weighted = [pen.ask(point.sparse, kind=point.kind, limit=100) for point in points[::7]]
        found = [ids(each) for each in await index.query(queries)]
        # Until then the deleted may still count in how rare a term is: the order by terms may change.
        matched = [set(ids(each)) for each in await index.query(weighted)]
        await index.compact()
        assert await held(index) == before
        assert [ids(each) for each in await index.query(queries)] == found
        assert [set(ids(each)) for each in await index.query(weighted)] == matched
        index = await self.reopen(index)
        assert await held(index) == before

    # -- at the same time

    async def test_readers_and_writers_at_the_same_time(self, index: VectorIndex, pen: Pen) -> None:
        """Everything written is there in the end; a reader never sees what was never written."""
        groups = [pen.points(25) for _ in range(6)]
        every = {point.id for group in groups for point in group}

        async def read() -> None:
            for _ in range(10):
                assert set(ids(await one(index, pen.ask(limit=50)))) <= every

        async def write(group: list[Point]) -> None:
            await index.upsert(group)
            await index.delete([mark(group[0])])

        await asyncio.gather(*(write(group) for group in groups), read(), read())
        gone = {group[0].id for group in groups}
        assert set(await held(index)) == every - gone

    async def test_questions_while_it_compacts(self, index: VectorIndex, pen: Pen) -> None:
        """Are answered."""
        points = pen.points(200)
        await index.upsert(points)

        async def read() -> None:
            for point in points[:20]:
                assert ids(await one(index, pen.ask(point.dense)))[0] == point.id

        await asyncio.gather(index.compact(), read())
        assert await index.count() == 200

    async def test_what_is_written_while_it_compacts_is_there_afterwards(self, index: VectorIndex, pen: Pen) -> None:
        """New points, new revisions and deletions."""
        points, more = pen.points(60), pen.points(10)
        await index.upsert(points)

        async def write() -> None:
            for point in more:
                await index.upsert([point])
            await index.upsert([replace(points[0], revision=2)])
            await index.delete([mark(points[1])])

        await asyncio.gather(index.compact(), write())
        expected = {point.id: mark(point) for point in (*points[2:], *more)} | {points[0].id: mark(points[0], 2)}
        assert await held(index) == expected


class TombstoneTests(IndexSuite):
    """What an index has to promise besides where several drainers feed it: a late write brings nothing back."""

    async def test_a_late_write_does_not_come_back(self, index: VectorIndex, pen: Pen) -> None:
        """At or below the revision of the deletion; whether or not the point had been there."""
        there, never = pen.point(revision=5), pen.point(revision=5)
        await index.upsert([there])
        await index.delete([mark(there, 6), mark(never, 6)])
        await index.upsert([there, never, replace(there, revision=6)])
        assert await held(index) == {}
        assert await one(index, pen.ask(there.dense)) == []
        assert await one(index, pen.ask(there.sparse)) == []

    async def test_a_late_deletion_does_not_lower_a_tombstone(self, index: VectorIndex, pen: Pen) -> None:
        """The highest deletion counts, in whatever order they come."""
        point = pen.point(revision=5)
        await index.delete([Mark("memory", point.id, 9)])
        await index.delete([Mark("memory", point.id, 4)])
        await index.upsert([point])
        assert await index.count() == 0
