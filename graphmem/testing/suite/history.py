"""`history`: what was done to a memory, across supersession, until it is deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from graphmem.changes import DropMemory
from graphmem.ids import new_id
from graphmem.models import Event, Memory, Revision
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, Scribe, plain

__all__ = ["HistoryTests"]

HOUR = timedelta(hours=1)


async def past(scribe: Scribe, memory: Memory) -> list[Revision]:
    """The history of a memory."""
    return await scribe.store.history(scribe.project, memory.id)


class HistoryTests(StoreSuite):
    """Oldest first, by (at, order of writing)."""

    async def succession(self, scribe: Scribe, length: int) -> tuple[list[Memory], list[Revision]]:
        """Memories of which each superseded the one before, and all their revisions, oldest first."""
        memories = [scribe.memory(f"city {number}") for number in range(length)]
        entries: list[Revision] = []
        for number, memory in enumerate(memories):
            at = START + number * HOUR
            things: list[Memory | Revision] = [memory, scribe.revision(memory, at=at)]
            if number:
                before = replace(memories[number - 1], expired_at=at, superseded_by=memory.id)
                memories[number - 1] = before
                things += [before, scribe.revision(before, Event.SUPERSEDE, at=at, reason="a newer city")]
            entries += [each for each in things if isinstance(each, Revision)]
            await scribe.write(*things)
        return memories, entries

    async def test_entries_come_oldest_first(self, scribe: Scribe) -> None:
        """By their moment, not by when they were written; of one moment, as they were written."""
        memory = scribe.memory()
        late, early, also_early = (
            scribe.revision(memory, Event.UPDATE, at=START + HOUR, old_text="b", new_text="c", by="key"),
            scribe.revision(memory, Event.ADD, at=START),
            scribe.revision(memory, Event.UPDATE, at=START, old_text="a", new_text="b", reason="typo"),
        )
        await scribe.write(memory, late, early)
        await scribe.write(also_early)
        assert plain(await past(scribe, memory)) == plain([early, also_early, late])

    async def test_history_reaches_back_across_supersession(self, scribe: Scribe) -> None:
        """Directly or not; the oldest knows nothing of the newer ones."""
        memories, entries = await self.succession(scribe, 4)
        assert plain(await past(scribe, memories[3])) == plain(entries)
        assert [each.memory_id for each in await past(scribe, memories[0])] == [memories[0].id] * 2
        middle = await past(scribe, memories[1])
        assert {each.memory_id for each in middle} == {memories[0].id, memories[1].id}

    async def test_one_may_supersede_several(self, scribe: Scribe) -> None:
        """All of their pasts are its past."""
        old = [scribe.memory(text, expired_at=START) for text in ("one", "two")]
        heir = scribe.memory("both")
        old = [replace(each, superseded_by=heir.id) for each in old]
        await scribe.write(heir, *old, *(scribe.revision(each) for each in (*old, heir)))
        assert [each.memory_id for each in await past(scribe, heir)] == [old[0].id, old[1].id, heir.id]

    async def test_circles_come_to_an_end(self, scribe: Scribe) -> None:
        """Two that name each other as successor, which should not be, are read all the same."""
        first, second = scribe.memory("first"), scribe.memory("second")
        circle = [replace(first, superseded_by=second.id), replace(second, superseded_by=first.id)]
        await scribe.write(*circle, scribe.revision(first), scribe.revision(second))
        for memory in circle:
            assert len(await past(scribe, memory)) == 2

    async def test_a_restored_memory_is_nobodys_past(self, scribe: Scribe) -> None:
        """Once its successor is gone from it."""
        memories, _ = await self.succession(scribe, 2)
        reopened = replace(memories[0], expired_at=None, superseded_by=None)
        restored = scribe.revision(reopened, Event.RESTORE, at=START + 9 * HOUR)
        gone = scribe.revision(memories[1], Event.DELETE, at=START + 9 * HOUR)
        await scribe.write(reopened, restored, DropMemory(memories[1].id), gone)
        assert [each.event for each in await past(scribe, memories[0])] == ["ADD", "SUPERSEDE", "RESTORE"]
        assert plain(await past(scribe, memories[1])) == plain([gone])

    async def test_of_a_deleted_memory_only_the_deletion_is_left(self, scribe: Scribe) -> None:
        """Not what it said, not that it was reworded."""
        memory = scribe.memory("my secret")
        reworded = replace(memory, text="my other secret")
        await scribe.write(memory, scribe.revision(memory))
        await scribe.write(reworded, scribe.revision(reworded, Event.UPDATE, old_text=memory.text))
        gone = scribe.revision(reworded, Event.DELETE, reason="asked for", by="ana")
        await scribe.write(DropMemory(memory.id), gone)
        [left] = await past(scribe, memory)
        assert plain(left) == plain(gone)
        assert (left.old_text, left.new_text, dict(left.state)) == (None, None, {})

    async def test_nobody_has_no_history(self, scribe: Scribe) -> None:
        """Nor has a memory of which none was written, nor a deleted one of which nobody told."""
        memory = scribe.memory()
        await scribe.write(memory)
        assert await scribe.store.history(scribe.project, new_id()) == []
        assert await past(scribe, memory) == []
        await scribe.write(scribe.revision(memory))
        await scribe.drop(memory)
        assert await past(scribe, memory) == []
