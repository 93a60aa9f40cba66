"""The index's bookkeeping: which copies are stale, what they should hold, and when that is settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from graphmem.abc import GraphStore
from graphmem.changes import DropMemory, Mark
from graphmem.errors import Conflict
from graphmem.ids import new_id
from graphmem.models import Kind, Mention
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe, Thing, collect, stale

__all__ = ["MarkTests"]


class Copy:
    """An index in its simplest form: the revisions of what it holds."""

    def __init__(self, store: GraphStore) -> None:
        self.store = store
        self.held: dict[str, int] = {}

    async def drain(self, ids: Iterable[str]) -> None:
        """Work off the pending marks among `ids`, as a drainer does."""
        marks = list((await stale(self.store, ids)).values())
        records = await self.store.records(marks)
        for mark in marks:
            if mark.id in records:
                self.held[mark.id] = records[mark.id].revision
            elif self.held.get(mark.id, 0) <= mark.revision:
                self.held.pop(mark.id, None)
        await self.store.settle(marks)

    async def check(self, ids: Iterable[str]) -> None:
        """Of `ids` it holds what the store says, no more, no less, at the present revisions."""
        wanted = set(ids)
        scanned = {mark.id: mark.revision for mark in await collect(self.store.scan()) if mark.id in wanted}
        assert self.held == scanned


async def settle(scribe: Scribe, *ids: str) -> None:
    """Settle what is pending among `ids`."""
    await scribe.store.settle(list((await stale(scribe.store, ids)).values()))


class MarkTests(StoreSuite):
    """`pending`, `settle`, `mark`, `records`, `scan`."""

    async def test_what_is_written_is_marked(self, scribe: Scribe) -> None:
        """Memory, relation and entity, at the new revision; episodes and history have no copy."""
        said, ana = scribe.episode(), scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows], of=[said])
        entry = scribe.revision(memory)
        applied = await scribe.write(said, ana, knows, memory, entry)
        kinds: dict[str, Kind] = {memory.id: "memory", knows.id: "relation", ana.id: "entity"}
        expected = {key: Mark(kind, key, applied.sequence) for key, kind in kinds.items()}
        assert await stale(scribe.store, [said.id, ana.id, knows.id, memory.id, entry.id]) == expected
        assert {mark.id: mark for mark in applied.marks} == expected
        assert (await scribe.store.tally(scribe.project))["stale"] == 3

    async def test_what_is_removed_is_marked(self, scribe: Scribe) -> None:
        """Dropped or orphaned, at the revision of its removal."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows])
        await scribe.write(ana, knows, memory)
        await settle(scribe, ana.id, knows.id, memory.id)
        applied = await scribe.drop(memory)
        marks = await stale(scribe.store, [ana.id, knows.id, memory.id])
        assert {mark.revision for mark in marks.values()} == {applied.sequence}
        assert {(mark.kind, mark.id) for mark in marks.values()} == {
            ("entity", ana.id),
            ("relation", knows.id),
            ("memory", memory.id),
        }
        assert {mark.id for mark in applied.removed} == {ana.id, knows.id}
        assert await scribe.store.records(list(marks.values())) == {}

    async def test_one_mark_an_id(self, scribe: Scribe) -> None:
        """A set, not a log: the last revision counts."""
        memory = scribe.memory()
        for number in range(3):
            last = await scribe.write(replace(memory, text=f"{number}"))
        pending = [mark for mark in await scribe.store.pending(1_000_000) if mark.id == memory.id]
        assert pending == [Mark("memory", memory.id, last.sequence)]

    async def test_marks_come_with_the_commit_only(self, scribe: Scribe) -> None:
        """A change that fails leaves none, and does not touch those that were there."""
        memory = scribe.memory()
        first = await scribe.write(memory)
        lost = scribe.memory("lost", about=[scribe.entity("Nobody")])
        with pytest.raises(Conflict):
            await scribe.write(replace(memory, text="new"), lost)
        marks = await stale(scribe.store, [memory.id, lost.id])
        assert marks == {memory.id: Mark("memory", memory.id, first.sequence)}

    async def test_a_repeated_change_marks_nothing(self, scribe: Scribe) -> None:
        """What was settled stays settled."""
        memory = scribe.memory()
        change = scribe.change(memory)
        await scribe.store.apply(change)
        await settle(scribe, memory.id)
        await scribe.store.apply(change)
        assert await stale(scribe.store, [memory.id]) == {}

    async def test_settling_compares_and_clears(self, scribe: Scribe) -> None:
        """A mark of an older revision, a later one or another kind clears nothing; an unknown one does no harm."""
        memory = scribe.memory()
        first = await scribe.write(memory)
        second = await scribe.write(replace(memory, text="moved meanwhile"))
        there = {memory.id: Mark("memory", memory.id, second.sequence)}
        others = [Mark("memory", memory.id, first.sequence), Mark("memory", memory.id, second.sequence + 1)]
        await scribe.store.settle([*others, Mark("entity", memory.id, second.sequence), Mark("memory", new_id(), 1)])
        assert await stale(scribe.store, [memory.id]) == there
        await scribe.store.settle(list(there.values()))
        assert await stale(scribe.store, [memory.id]) == {}
        await scribe.store.settle(list(there.values()))
        await scribe.store.settle([])

    async def test_some_settle_while_others_do_not(self, scribe: Scribe) -> None:
        """Each mark is judged by itself."""
        memories = [scribe.memory(f"{number}") for number in range(3)]
        first = await scribe.write(*memories)
        await scribe.write(replace(memories[1], text="new"))
        await scribe.store.settle([Mark("memory", memory.id, first.sequence) for memory in memories])
        assert set(await stale(scribe.store, [memory.id for memory in memories])) == {memories[1].id}

    async def test_the_oldest_marks_come_first(self, scribe: Scribe) -> None:
        """And no more than were asked for; working them off comes to an end."""
        await scribe.store.settle(await scribe.store.pending(1_000_000))
        memories = [scribe.memory(f"{number}") for number in range(7)]
        for memory in memories:
            await scribe.write(memory)
        mine = {memory.id for memory in memories}
        order = [mark.id for mark in await scribe.store.pending(1_000_000) if mark.id in mine]
        assert order == [memory.id for memory in memories]
        done: list[str] = []
        while batch := await scribe.store.pending(3):
            assert len(batch) <= 3
            done += [mark.id for mark in batch if mark.id in mine]
            await scribe.store.settle(batch)
        assert done == order

    async def test_marking_again(self, scribe: Scribe) -> None:
        """What is there is marked at its present revision; marking twice is marking once."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows])
        applied = await scribe.write(ana, knows, memory)
        refs: list[tuple[Kind, str]] = [("memory", memory.id), ("relation", knows.id), ("entity", ana.id)]
        await settle(scribe, *(key for _, key in refs))
        await scribe.store.mark(refs)
        await scribe.store.mark(refs)
        marks = await stale(scribe.store, [key for _, key in refs])
        assert marks == {key: Mark(kind, key, applied.sequence) for kind, key in refs}

    async def test_marking_what_is_gone(self, scribe: Scribe) -> None:
        """It is marked as deleted: above every revision that a copy can have, so that the copy will go."""
        memory = scribe.memory()
        await scribe.write(memory)
        last = (await scribe.drop(memory)).sequence
        await settle(scribe, memory.id)
        unknown = new_id()
        await scribe.store.mark([("memory", memory.id), ("entity", unknown)])
        marks = await stale(scribe.store, [memory.id, unknown])
        assert set(marks) == {memory.id, unknown}
        assert all(mark.revision > last for mark in marks.values())
        assert await scribe.store.records(list(marks.values())) == {}
        await scribe.store.settle(list(marks.values()))
        assert await stale(scribe.store, [memory.id, unknown]) == {}

    async def test_records_say_what_the_index_should_hold(self, scribe: Scribe) -> None:
        """The words to be searched, whose they are, and what filters need of a memory."""
        marta, mill = scribe.entity("Marta"), scribe.entity("Critical Software")
        works = scribe.relation(marta, "WORKS_AT", mill)
        memory = scribe.memory(
            "Marta works there",
            about=[marta, mill, Mention(entity_id=marta.id, name="my sister")],
            states=[works],
            scope=scribe.beside(agent_id="bot"),
            metadata={"trip": [7, {"x": 1}]},
            categories=("work",),
        )
        applied = await scribe.write(marta, mill, works, memory)
        records = await scribe.store.records(applied.marks)
        assert set(records) == {marta.id, mill.id, works.id, memory.id}
        for key, kind in ((memory.id, "memory"), (works.id, "relation"), (marta.id, "entity")):
            record = records[key]
            assert (record.kind, record.id, record.revision) == (kind, key, applied.sequence)
            assert (record.project, record.owner) == scribe.partition
        held = records[memory.id]
        assert (held.text, dict(held.metadata), held.categories) == (memory.text, memory.metadata, ("work",))
        assert dict(held.scope) == memory.scope.ids
        assert records[works.id].text == "Marta works at Critical Software"
        assert all(name in records[marta.id].text for name in ("Marta", "my sister"))
        assert dict(records[works.id].scope) == dict(records[marta.id].metadata) == {}

    async def test_records_are_of_now(self, scribe: Scribe) -> None:
        """Whatever the revision of the mark; unknown ids and wrong kinds have none."""
        memory = scribe.memory("old")
        first = await scribe.write(memory)
        second = await scribe.write(replace(memory, text="new"))
        records = await scribe.store.records([Mark("memory", memory.id, first.sequence)])
        assert (records[memory.id].text, records[memory.id].revision) == ("new", second.sequence)
        wrong = [Mark("entity", memory.id, 1), Mark("memory", new_id(), 1)]
        assert await scribe.store.records(wrong) == {}
        assert await scribe.store.records([]) == {}

    async def test_retired_and_expired_memories_stay_in_the_index(self, scribe: Scribe) -> None:
        """Time travel finds them; retired relations too."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana, expired_at=scribe.now())
        memory = scribe.memory(states=[knows], expired_at=scribe.now(), expiration_date=scribe.now().date())
        applied = await scribe.write(ana, knows, memory)
        everything = {ana.id, knows.id, memory.id}
        assert set(await scribe.store.records(applied.marks)) == everything
        assert everything <= {mark.id for mark in await collect(scribe.store.scan())}

    async def test_a_scan_tells_everything_once(self, scribe: Scribe) -> None:
        """With kind and present revision, in batches; what was dropped is not in it."""
        memories = [scribe.memory(f"{number}") for number in range(30)]
        first = await scribe.write(*memories)
        second = await scribe.write(replace(memories[0], text="new"), DropMemory(memories[1].id))
        mine = {memory.id for memory in memories}
        scanned = [mark for mark in await collect(scribe.store.scan()) if mark.id in mine]
        revisions = {memory.id: first.sequence for memory in memories[2:]} | {memories[0].id: second.sequence}
        assert len(scanned) == 29
        assert {mark.id: mark for mark in scanned} == {k: Mark("memory", k, rev) for k, rev in revisions.items()}

    # -- the copy ends up right

    async def test_a_changed_name_marks_what_is_written_with_it(self, scribe: Scribe) -> None:
        """The entity, whose names are its copy, and the relations, whose sentences hold its name."""
        ana, bo = scribe.entity("Ana Sofia"), scribe.entity("Bo")
        knows, other = scribe.relation(ana, "KNOWS", bo), scribe.relation(bo, "IS", bo)
        named = scribe.memory("named", about=[ana])
        nick = Mention(entity_id=ana.id, name="Nick")
        rest = scribe.memory("rest", about=[nick], states=[knows, other], mentions=(nick, *scribe.mentions([bo])))
        await scribe.write(ana, bo, knows, other, named, replace(rest, mentions=tuple(sorted(rest.mentions))))
        ids = [ana.id, bo.id, knows.id, other.id, named.id, rest.id]
        await settle(scribe, *ids)
        applied = await scribe.drop(named)
        marks = await stale(scribe.store, ids)
        assert set(marks) == {named.id, ana.id, knows.id}
        assert {mark.revision for mark in marks.values()} == {applied.sequence}
        records = await scribe.store.records(list(marks.values()))
        assert records[knows.id].text == "Nick knows Bo"
        assert "Ana Sofia" not in records[ana.id].text

    async def test_a_drained_copy_is_what_the_scan_says(self, scribe: Scribe) -> None:
        """After every change of every sort: nothing changes its revision without a mark."""
        copy = Copy(scribe.store)
        ana, bo, said = scribe.entity("Ana"), scribe.entity("Bo"), scribe.episode()
        knows = scribe.relation(ana, "KNOWS", bo)
        first = scribe.memory("first", states=[knows], of=[said])
        second = scribe.memory("second", about=[ana, Mention(entity_id=ana.id, name="Mum", type="Person")])
        ids = [ana.id, bo.id, knows.id, first.id, second.id]
        steps: list[list[Thing]] = [
            [said, ana, bo, knows, first],
            [second],
            [replace(first, metadata={"a": 1})],
            [replace(first, episode_ids=())],
            [ana],
            [knows],
            [replace(ana, name="Mum")],
            [replace(said, content="")],
            [replace(second, mentions=scribe.mentions([ana]))],
            [replace(first, expired_at=scribe.now(), superseded_by=second.id)],
            [replace(first, relation_ids=(), mentions=())],
            [DropMemory(second.id)],
        ]
        for step in steps:
            await scribe.write(*step)
            await copy.drain(ids)
            await copy.check(ids)
        assert set(copy.held) == {first.id}
        copy.held[second.id] = 10**6
        await scribe.store.mark([("memory", second.id), ("memory", first.id)])
        await copy.drain(ids)
        await copy.check(ids)
