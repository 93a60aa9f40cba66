"""`apply`: all or nothing, once, in order, and what it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.abc import GraphStore
from graphmem.changes import DropEpisode, DropMemory, PutEntity
from graphmem.errors import Conflict, GraphmemError
from graphmem.ids import new_id
from graphmem.models import Event, Mention, Origin
from graphmem.queries import RelationQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe, plain, stale, world

__all__ = ["WritingTests"]


class WritingTests(StoreSuite):
    """Putting, replacing, dropping; atomicity; idempotency; revisions."""

    async def test_what_was_put_is_read(self, scribe: Scribe) -> None:
        """Every field of every object comes back as it went in."""
        said = scribe.episode("Ana leads Atlas", role="assistant", name="Bot", scope=scribe.beside(run_id="7"))
        ana = scribe.entity("Ana", self_of=scribe.partition.owner)
        atlas = scribe.entity("Atlas")
        leads = scribe.relation(ana, "LEADS", atlas, label="is the lead of", valid_at=scribe.now())
        memory = scribe.memory(
            "Ana leads Atlas",
            about=[Mention(entity_id=ana.id, name="Ana", type="Person"), atlas],
            states=[leads],
            of=[said],
            scope=scribe.beside(agent_id="bot", app_id="desk", run_id="7"),
            metadata={"trip": 7, "list": [1, "two", None, 3.5, True], "deep": {"er": {"est": []}}},
            categories=("work", "a first one"),
            valid_at=scribe.now(),
            immutable=True,
            attributed_to="assistant",
            feedback="POSITIVE",
            origin=Origin(extractor="openai", model="m", prompt="extract@1"),
        )
        added = scribe.revision(memory, reason="because", by="tester")
        applied = await scribe.write(said, ana, atlas, leads, memory, added)

        assert plain(await scribe.get(memory)) == plain(replace(memory, revision=applied.sequence))
        bare = (await scribe.store.memories(scribe.view(), [memory.id], links=False))[memory.id]
        mentions, relations, episodes = memory.mentions, memory.relation_ids, memory.episode_ids
        bare = replace(bare, mentions=mentions, relation_ids=relations, episode_ids=episodes)
        assert plain(bare) == plain(replace(memory, revision=applied.sequence))
        assert plain(await scribe.entity_of(ana.id)) == plain(
            replace(ana, type="Person", mention_count=1, revision=applied.sequence)
        )
        stored = replace(leads, memory_ids=(memory.id,), revision=applied.sequence)
        assert plain(await scribe.relation_of(leads.id)) == plain(stored)
        known = await scribe.known(last_episodes=5)
        assert plain(known.episodes) == plain([replace(said, revision=applied.sequence)])
        assert known.sources == {said.id: (memory.id,)}
        assert plain(await scribe.store.history(scribe.project, memory.id)) == plain([added])

    async def test_nothing_to_apply_is_nothing(self, store: GraphStore) -> None:
        """`apply()` answers nothing."""
        assert await store.apply() == ()

    async def test_the_first_change_makes_the_partition(self, scribe: Scribe) -> None:
        """The sequence counts from the store's floor by one."""
        first = await scribe.write(scribe.memory())
        second = await scribe.write(scribe.memory())
        assert second.sequence == first.sequence + 1 == await scribe.sequence()
        assert not first.repeated

    async def test_sequences_of_partitions_are_their_own(self, scribe: Scribe) -> None:
        """Writing in one partition does not move another."""
        other = Scribe(scribe.store, scribe.project)
        before = (await other.write(other.memory())).sequence
        await scribe.write(scribe.memory())
        assert await other.sequence() == before

    async def test_a_put_replaces_the_whole_object(self, scribe: Scribe) -> None:
        """Also what the new value leaves out."""
        memory = scribe.memory(metadata={"a": 1, "b": 2}, categories=("x",), valid_at=scribe.now())
        await scribe.write(memory)
        bare = replace(memory, text="else", metadata={"b": 3}, categories=(), valid_at=None)
        applied = await scribe.write(bare)
        assert plain(await scribe.get(memory)) == plain(replace(bare, revision=applied.sequence))

    async def test_links_that_a_put_lacks_are_withdrawn(self, scribe: Scribe) -> None:
        """Mentions, relations and episodes alike."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        first, second = scribe.episode("one"), scribe.episode("two")
        full = scribe.memory(about=[ana, bo], states=[knows], of=[first, second])
        keeper = scribe.memory("keeps them alive", about=[ana, bo], states=[knows])
        await scribe.write(first, second, ana, bo, knows, full, keeper)
        fewer = replace(full, mentions=scribe.mentions([bo]), relation_ids=(), episode_ids=(second.id,))
        applied = await scribe.write(fewer)
        assert await scribe.get(full) == replace(fewer, revision=applied.sequence)
        relation = await scribe.relation_of(knows.id)
        assert relation is not None
        assert relation.memory_ids == (keeper.id,)

    async def test_links_come_back_sorted(self, scribe: Scribe) -> None:
        """In whatever order they were put."""
        people = [scribe.entity(name) for name in "ABCD"]
        said = [scribe.episode() for _ in range(4)]
        memory = scribe.memory(about=people, of=said)
        jumbled = replace(memory, mentions=memory.mentions[::-1], episode_ids=memory.episode_ids[::-1])
        await scribe.write(*people, *said, jumbled)
        read = await scribe.get(memory)
        assert read is not None
        assert (read.mentions, read.episode_ids) == (memory.mentions, memory.episode_ids)

    async def test_operations_are_carried_out_in_order(self, scribe: Scribe) -> None:
        """Put, drop, put again, of one id in one change: the last word counts."""
        memory = scribe.memory("first")
        again = replace(memory, text="last")
        applied = await scribe.write(memory, DropMemory(memory.id), again)
        assert await scribe.get(memory) == replace(again, revision=applied.sequence)
        await scribe.write(replace(memory, text="x"), DropMemory(memory.id))
        assert await scribe.get(memory) is None

    async def test_dropping_what_is_not_there_is_passed_over(self, scribe: Scribe) -> None:
        """The rest of the change is carried out."""
        memory = scribe.memory()
        await scribe.write(DropMemory(new_id()), DropEpisode(new_id()), memory)
        assert await scribe.get(memory) is not None

    async def test_a_dropped_memory_takes_its_revisions_along(self, scribe: Scribe) -> None:
        """Those written after the drop in the same change stay."""
        memory = scribe.memory("secret")
        await scribe.write(memory, scribe.revision(memory))
        gone = scribe.revision(memory, Event.DELETE)
        await scribe.write(DropMemory(memory.id), gone)
        assert await scribe.get(memory) is None
        assert plain(await scribe.store.history(scribe.project, memory.id)) == plain([gone])

    async def test_a_dropped_episode_takes_the_links_along(self, scribe: Scribe) -> None:
        """The memory stays, as it was written."""
        said = scribe.episode()
        memory = scribe.memory(of=[said])
        await scribe.write(said, memory)
        await scribe.drop(said)
        read = await scribe.get(memory)
        assert read is not None
        assert read.episode_ids == ()
        assert (await scribe.known(last_episodes=5)).episodes == ()

    async def test_an_episode_is_redacted_by_putting_it_empty(self, scribe: Scribe) -> None:
        """Its place and its links stay."""
        said = scribe.episode("my number is 42")
        memory = scribe.memory(of=[said])
        await scribe.write(said, memory)
        await scribe.write(replace(said, content=""))
        known = await scribe.known(last_episodes=5)
        assert [episode.content for episode in known.episodes] == [""]
        assert known.sources == {said.id: (memory.id,)}

    # -- all or nothing

    async def test_a_change_whose_last_operation_fails_leaves_nothing(self, scribe: Scribe) -> None:
        """No object, no history, no mark, no step of the sequence, not even a partition."""
        said, ana = scribe.episode(), scribe.entity("Ana")
        memory = scribe.memory(about=[ana], of=[said])
        broken = scribe.memory(about=[scribe.entity("Nobody wrote this one")])
        with pytest.raises(Conflict):
            await scribe.write(said, ana, memory, scribe.revision(memory), broken)
        assert not any((await scribe.store.tally(scribe.project)).values())
        assert not await stale(scribe.store, [ana.id, memory.id, broken.id])
        assert await scribe.store.history(scribe.project, memory.id) == []
        assert (await scribe.known(last_episodes=5)).episodes == ()

    async def test_a_failed_change_leaves_what_was_there(self, scribe: Scribe) -> None:
        """Also what its first operations had already replaced, dropped and orphaned."""
        ana, said = scribe.entity("Ana"), scribe.episode()
        memory = scribe.memory("kept", about=[ana], of=[said])
        await scribe.write(said, ana, memory, scribe.revision(memory))
        before = await world(scribe.store, scribe.project, revisions=True)
        marks = await stale(scribe.store, [memory.id, ana.id])
        broken = scribe.memory(about=[scribe.entity("Nobody")])
        with pytest.raises(Conflict):
            await scribe.write(DropMemory(memory.id), DropEpisode(said.id), replace(ana, name="X"), broken)
        assert await world(scribe.store, scribe.project, revisions=True) == before
        assert await stale(scribe.store, [memory.id, ana.id]) == marks

    async def test_a_failed_change_can_be_applied_when_it_fits(self, scribe: Scribe) -> None:
        """Its id was not used up."""
        ana = scribe.entity("Ana")
        change = scribe.change(scribe.memory("later", about=[ana]))
        with pytest.raises(Conflict):
            await scribe.store.apply(change)
        await scribe.write(ana, scribe.memory(about=[ana]))
        [applied] = await scribe.store.apply(change)
        assert not applied.repeated
        assert "later" in await scribe.texts()

    async def test_several_partitions_change_together(self, scribe: Scribe) -> None:
        """The answers are in the order of the changes, each with its partition's own sequence."""
        others = [Scribe(scribe.store, scribe.project), Scribe(scribe.store), scribe]
        await scribe.write(scribe.memory())
        expected = [await each.sequence() for each in others]
        memories = [each.memory(f"of {each.partition.owner}") for each in others]
        pairs = zip(others, memories, expected, strict=True)
        changes = [each.change(memory, sequence=at) for each, memory, at in pairs]
        answers = await scribe.store.apply(*changes)
        for each, memory, answer in zip(others, memories, answers, strict=True):
            assert await each.sequence() == answer.sequence
            assert await each.get(memory) == replace(memory, revision=answer.sequence)
        assert answers[2].sequence == expected[2] + 1

    async def test_several_partitions_fail_together(self, scribe: Scribe) -> None:
        """Whichever of them does not fit."""
        for position in range(3):
            each = [Scribe(scribe.store) for _ in range(3)]
            changes = [one.change(one.memory()) for one in each]
            lost = each[position].memory(about=[each[position].entity("Nobody")])
            changes[position] = each[position].change(each[position].memory(), lost)
            with pytest.raises(Conflict):
                await scribe.store.apply(*changes)
            for one in each:
                assert not any((await scribe.store.tally(one.project)).values())

    # -- once

    async def test_a_change_applied_again_changes_nothing(self, scribe: Scribe) -> None:
        """It answers with the sequence of the first time, whatever happened since."""
        memory = scribe.memory("first")
        change = scribe.change(memory, scribe.revision(memory), sequence=await scribe.sequence())
        [first] = await scribe.store.apply(change)
        await scribe.write(replace(memory, text="second"))
        before = await world(scribe.store, scribe.project, revisions=True)
        [again] = await scribe.store.apply(change)
        assert again.repeated
        assert again.sequence == first.sequence
        assert await world(scribe.store, scribe.project, revisions=True) == before

    async def test_a_repeated_change_does_not_hold_up_the_others(self, scribe: Scribe) -> None:
        """Of several, each is judged by itself."""
        other = Scribe(scribe.store)
        first = scribe.change(scribe.memory())
        await scribe.store.apply(first)
        answers = await scribe.store.apply(first, other.change(other.memory("new")))
        assert [answer.repeated for answer in answers] == [True, False]
        assert await other.texts() == {"new"}

    async def test_an_entry_of_history_is_written_once(self, scribe: Scribe) -> None:
        """Put again by its id, it is not doubled."""
        memory = scribe.memory()
        added = scribe.revision(memory)
        await scribe.write(memory, added)
        await scribe.write(memory, added)
        assert len(await scribe.store.history(scribe.project, memory.id)) == 1

    # -- revisions

    async def test_everything_written_gets_the_new_revision(self, scribe: Scribe) -> None:
        """And nothing else does."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        said, memory, still = scribe.episode(), scribe.memory(states=[knows]), scribe.memory("still")
        first = await scribe.write(said, ana, bo, knows, memory, still)
        second = await scribe.write(replace(ana), replace(memory, text="new words"), replace(said, content="new"))
        known = await scribe.known(memory_ids=frozenset({memory.id, still.id}), last_episodes=1)
        assert known.memories[memory.id].revision == second.sequence > first.sequence
        assert known.memories[still.id].revision == first.sequence
        assert known.episodes[0].revision == second.sequence
        for entity, revision in ((ana, second.sequence), (bo, first.sequence)):
            read = await scribe.entity_of(entity.id)
            assert read is not None
            assert read.revision == revision
        page = await scribe.store.relations(RelationQuery(view=scribe.view()))
        assert [relation.revision for relation in page.items] == [first.sequence]

    # -- no trespassing

    async def test_a_change_stays_in_its_partition(self, scribe: Scribe) -> None:
        """What belongs elsewhere, or has an id in use elsewhere, is refused; a drop does not reach there."""
        other = Scribe(scribe.store, scribe.project)
        ana, theirs, said = other.entity("Ana"), other.memory("theirs"), other.episode()
        await other.write(ana, said, replace(theirs, mentions=other.mentions([ana])))
        before = await world(scribe.store, scribe.project, revisions=True)
        moved = PutEntity(replace(ana, owner=scribe.partition.owner))
        strangers = (
            other.memory("x"),
            other.episode(),
            scribe.memory(id=theirs.id),
            scribe.episode(id=said.id),
        )
        for thing in (*strangers, moved):
            with pytest.raises(GraphmemError):
                await scribe.store.apply(scribe.change(thing))
        with pytest.raises(Conflict):
            await scribe.store.apply(scribe.change(scribe.memory(about=[ana])))
        await scribe.write(DropMemory(theirs.id), DropEpisode(said.id))
        after = await world(scribe.store, scribe.project, revisions=True)
        assert {**after, "tally": {}} == {**before, "tally": {}}
