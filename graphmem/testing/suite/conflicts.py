"""`apply` against a partition that moved, against what is missing, and at the same time as others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from graphmem.changes import DropEpisode, DropMemory, Watch
from graphmem.errors import Conflict
from graphmem.ids import new_id
from graphmem.models import Memory, Mention
from graphmem.queries import EntityQuery, MemoryQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe, Thing, world
from graphmem.text import name_key, text_key

__all__ = ["ConflictTests"]


def ids(*things: str) -> Watch:
    """A watch on ids."""
    return Watch(ids=frozenset(things))


def named(memory: Memory, entity_id: str, name: str) -> Memory:
    """The memory with one mention."""
    return replace(memory, mentions=(Mention(entity_id=entity_id, name=name),))


class ConflictTests(StoreSuite):
    """Watches, missing references, names that mean one thing, and races."""

    async def late(self, scribe: Scribe, sequence: int, watch: Watch) -> None:
        """Apply an unrelated memory as it was planned at `sequence`."""
        await scribe.store.apply(scribe.change(scribe.memory("late"), sequence=sequence, watch=watch))

    async def too_late(self, scribe: Scribe, sequence: int, watch: Watch) -> None:
        """The same, and it must be a `Conflict` that names the change, after which nothing is different."""
        change = scribe.change(scribe.memory("too late"), sequence=sequence, watch=watch)
        before = await world(scribe.store, scribe.project, revisions=True)
        with pytest.raises(Conflict) as caught:
            await scribe.store.apply(change)
        assert change.id in caught.value.change_ids
        assert await world(scribe.store, scribe.project, revisions=True) == before

    # -- what is watched

    async def test_a_moved_partition_alone_is_no_conflict(self, scribe: Scribe) -> None:
        """Nor are watched things that were written before the plan."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory("Ana knows herself", states=[knows])
        applied = await scribe.write(ana, knows, memory)
        await scribe.write(scribe.memory("something else"))
        await self.late(scribe, 0, Watch())
        watch = Watch(
            names=frozenset({"ana", "bo"}),
            texts=frozenset({text_key(memory.text), text_key("never said")}),
            subjects=frozenset({ana.id, new_id()}),
            ids=frozenset({ana.id, knows.id, memory.id}),
        )
        await self.late(scribe, applied.sequence, watch)

    async def test_what_is_watched_may_move_in_the_plans_own_sequence(self, scribe: Scribe) -> None:
        """At the present sequence nothing is compared: what was read is what is there."""
        memory = scribe.memory()
        applied = await scribe.write(memory)
        await self.late(scribe, applied.sequence, ids(memory.id))

    async def test_a_watched_id_that_was_written(self, scribe: Scribe) -> None:
        """Memory, entity, relation or episode."""
        ana, said = scribe.entity("Ana"), scribe.episode()
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows], of=[said])
        things: list[Thing] = [said, ana, knows, memory]
        planned = (await scribe.write(*things)).sequence
        for thing, watched in zip(things, (said.id, ana.id, knows.id, memory.id), strict=True):
            applied = await scribe.write(thing)
            await self.too_late(scribe, planned, ids(watched))
            planned = applied.sequence

    async def test_a_watched_id_that_is_gone(self, scribe: Scribe) -> None:
        """Dropped, or removed because nothing referred to it any longer."""
        ana, said = scribe.entity("Ana"), scribe.episode()
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows], of=[said])
        planned = (await scribe.write(said, ana, knows, memory)).sequence
        await scribe.write(DropMemory(memory.id), DropEpisode(said.id))
        for watched in (memory.id, said.id, ana.id, knows.id):
            await self.too_late(scribe, planned, ids(watched))

    async def test_a_watched_id_of_another_partition_is_gone(self, scribe: Scribe) -> None:
        """Ids of elsewhere behave as if they did not exist."""
        other = Scribe(scribe.store, scribe.project)
        theirs = other.memory()
        await other.write(theirs)
        planned = (await scribe.write(scribe.memory())).sequence
        await scribe.write(scribe.memory())
        await self.too_late(scribe, planned, ids(theirs.id))

    async def test_a_watched_name_that_came_into_use(self, scribe: Scribe) -> None:
        """As the name of a new entity, or as one more name of a known one."""
        ana, mum = scribe.entity("Ana"), name_key("MÚM")
        planned = (await scribe.write(ana, scribe.memory(about=[ana]))).sequence
        watch = Watch(names=frozenset({mum}))
        alias = scribe.memory("she is called so", about=[Mention(entity_id=ana.id, name="Mum")])
        await scribe.write(alias)
        await self.too_late(scribe, planned, watch)
        other = scribe.entity("Bo")
        await scribe.write(other, scribe.memory(about=[other]))
        await self.too_late(scribe, planned, Watch(names=frozenset({"bo"})))
        await self.late(scribe, planned, Watch(names=frozenset({"somebody else"})))

    async def test_a_watched_text_that_was_stated(self, scribe: Scribe) -> None:
        """In whatever case and punctuation."""
        planned = (await scribe.write(scribe.memory())).sequence
        await scribe.write(scribe.memory("Likes TEA."))
        await self.too_late(scribe, planned, Watch(texts=frozenset({text_key("likes tea")})))
        await self.late(scribe, planned, Watch(texts=frozenset({text_key("likes coffee")})))

    async def test_a_watched_subject_of_whom_something_was_said(self, scribe: Scribe) -> None:
        """As the subject; what is said with it as the object does not count."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        planned = (await scribe.write(ana, bo, scribe.memory(about=[ana, bo]))).sequence
        knows = scribe.relation(ana, "KNOWS", bo)
        await scribe.write(knows, scribe.memory(states=[knows]))
        await self.late(scribe, planned, Watch(subjects=frozenset({bo.id})))
        await self.too_late(scribe, planned, Watch(subjects=frozenset({ana.id})))

    async def test_one_conflict_among_several_changes_stops_all(self, scribe: Scribe) -> None:
        """The error names the change that did not fit."""
        other, memory = Scribe(scribe.store), scribe.memory()
        planned = (await scribe.write(memory)).sequence
        await scribe.write(memory)
        fine = other.change(other.memory())
        stale = scribe.change(scribe.memory(), sequence=planned, watch=ids(memory.id))
        with pytest.raises(Conflict) as caught:
            await scribe.store.apply(fine, stale)
        assert stale.id in caught.value.change_ids
        assert fine.id not in caught.value.change_ids
        assert await other.sequence() == 0

    # -- what has to be there

    async def test_references_have_to_be_there(self, scribe: Scribe) -> None:
        """An entity, a relation's ends, a relation, an episode: somebody else removed them."""
        ana, ghost = scribe.entity("Ana"), scribe.entity("Ghost")
        planned = (await scribe.write(ana, scribe.memory(about=[ana]))).sequence
        haunts = scribe.relation(ana, "SEES", ghost)
        selfish = scribe.relation(ana, "SEES", ana)
        attempts: list[list[Thing]] = [
            [scribe.memory(about=[ghost])],
            [scribe.memory(states=[selfish])],
            [scribe.memory(of=[scribe.episode()])],
            [haunts, scribe.memory(about=[ana], relation_ids=(haunts.id,))],
            [replace(haunts, subject_id=ghost.id, object_id=ana.id), scribe.memory(about=[ana])],
        ]
        for things in attempts:
            with pytest.raises(Conflict):
                await scribe.write(*things)
        assert await scribe.sequence() == planned

    async def test_references_reach_no_other_partition(self, scribe: Scribe) -> None:
        """Of the same project or of another, what is there is not there for this one."""
        for project in (scribe.project, None):
            other = Scribe(scribe.store, project)
            ana, said = other.entity("Ana"), other.episode()
            knows = other.relation(ana, "KNOWS", ana)
            await other.write(ana, said, knows, other.memory(states=[knows], of=[said]))
            own = scribe.entity("Own")
            attempts: list[list[Thing]] = [
                [scribe.memory(about=[ana])],
                [scribe.memory(of=[said])],
                [own, scribe.memory(about=[own], relation_ids=(knows.id,))],
                [own, scribe.relation(own, "KNOWS", ana), scribe.memory(about=[own])],
            ]
            for things in attempts:
                with pytest.raises(Conflict):
                    await scribe.write(*things)

    # -- names mean one thing

    async def test_two_entities_of_one_name(self, scribe: Scribe) -> None:
        """Of one folded name: in one change or in two."""
        ana, same = scribe.entity("Ana Sofía"), scribe.entity("ana  SOFIA")
        with pytest.raises(Conflict):
            await scribe.write(ana, same, scribe.memory(about=[ana, same]))
        await scribe.write(ana, scribe.memory(about=[ana]))
        with pytest.raises(Conflict):
            await scribe.write(same, scribe.memory(about=[same]))
        assert len((await scribe.store.entities(EntityQuery(view=scribe.view()))).items) == 1

    async def test_an_alias_belongs_to_one_entity(self, scribe: Scribe) -> None:
        """What one entity is called, by name or alias, no other may be called too."""
        ana, mum = scribe.entity("Ana"), scribe.entity("Mum")
        await scribe.write(ana, scribe.memory(about=[ana, Mention(entity_id=ana.id, name="Mamã")]))
        with pytest.raises(Conflict):
            await scribe.write(mum, scribe.memory(about=[mum, Mention(entity_id=mum.id, name="MAMA")]))
        await scribe.write(mum, scribe.memory(about=[mum]))
        with pytest.raises(Conflict):
            await scribe.write(scribe.memory(about=[Mention(entity_id=ana.id, name="mum")]))

    async def test_a_name_can_change_hands_within_a_change(self, scribe: Scribe) -> None:
        """Only what holds at its end counts."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        first, second = scribe.memory(about=[ana]), scribe.memory(about=[bo])
        await scribe.write(ana, bo, first, second)
        swapped = [replace(ana, name="Bo"), replace(bo, name="Ana")]
        await scribe.write(*swapped, named(first, ana.id, "Bo"), named(second, bo.id, "Ana"))
        known = await scribe.known(names=frozenset({"ana", "bo"}))
        assert {name: entity.id for name, entity in known.entities.items()} == {"ana": bo.id, "bo": ana.id}

    async def test_the_same_name_in_another_partition(self, scribe: Scribe) -> None:
        """Mum of two users never meet."""
        other = Scribe(scribe.store, scribe.project)
        for each in (scribe, other):
            mum = each.entity("Mum")
            await each.write(mum, each.memory(about=[mum]))
        view = scribe.view(owners=None)
        found = (await scribe.store.entities(EntityQuery(view=view))).items
        assert sorted(entity.owner for entity in found) == sorted([scribe.partition.owner, other.partition.owner])

    # -- at the same time

    async def test_no_update_is_lost(self, scribe: Scribe) -> None:
        """Writers that read, add one, and try again on `Conflict` count to their number."""
        counter = scribe.memory(metadata={"n": 0})
        await scribe.write(counter)

        async def add_one() -> None:
            while True:
                known = await scribe.known(memory_ids=frozenset({counter.id}))
                now = known.memories[counter.id]
                more = replace(now, metadata={"n": now.metadata["n"] + 1})
                try:
                    await scribe.store.apply(scribe.change(more, sequence=known.sequence, watch=ids(counter.id)))
                    return
                except Conflict:
                    await asyncio.sleep(0)

        await asyncio.gather(*(add_one() for _ in range(12)))
        read = await scribe.get(counter)
        assert read is not None
        assert read.metadata == {"n": 12}

    async def test_of_many_who_introduce_a_name_one_does(self, scribe: Scribe) -> None:
        """Without any watch: the others get a `Conflict`, whether or not their sequence was new."""

        async def introduce() -> bool:
            ana = scribe.entity("Ana")
            try:
                await scribe.store.apply(scribe.change(ana, scribe.memory(about=[ana])))
            except Conflict:
                return False
            return True

        assert sum(await asyncio.gather(*(introduce() for _ in range(8)))) == 1
        assert await scribe.store.count(scribe.view()) == 1
        assert len((await scribe.store.entities(EntityQuery(view=scribe.view()))).items) == 1

    async def test_one_change_applied_by_many_is_applied_once(self, scribe: Scribe) -> None:
        """All get the same sequence; one of them did it."""
        change = scribe.change(scribe.memory())
        answers = await asyncio.gather(*(scribe.store.apply(change) for _ in range(8)))
        assert sum(not answer.repeated for [answer] in answers) == 1
        assert len({answer.sequence for [answer] in answers}) == 1

    async def test_partitions_locked_crosswise_do_not_block(self, scribe: Scribe) -> None:
        """Two partitions in one order and in the other, many times over, and every write is there."""
        pair = [Scribe(scribe.store, scribe.project) for _ in range(2)]
        for each in pair:
            await each.write(each.memory("first"))

        async def both(order: int) -> None:
            chosen = pair[::order]
            await scribe.store.apply(*(each.change(each.memory(f"by {order}"), sequence=1) for each in chosen))

        await asyncio.gather(*(both(order) for order in (1, -1) * 6))
        for each in pair:
            page = await scribe.store.find(MemoryQuery(view=each.view()))
            assert len(page.items) == 13
            assert len({memory.revision for memory in page.items}) == 13

    async def test_readers_see_a_change_whole(self, scribe: Scribe) -> None:
        """While others write: a relation is never there without its ends and its memory."""
        done = False

        async def write() -> None:
            nonlocal done
            for number in range(10):
                ana, bo = scribe.entity(f"Ana {number}"), scribe.entity(f"Bo {number}")
                knows = scribe.relation(ana, "KNOWS", bo)
                memory = scribe.memory(states=[knows])
                await scribe.write(ana, bo, knows, memory)
                await scribe.drop(memory)
            done = True

        async def read() -> None:
            while not done:
                known = await scribe.known(names=frozenset(f"{who} {n}" for who in ("ana", "bo") for n in range(10)))
                assert len(known.entities) in (0, 2)
                await asyncio.sleep(0)

        await asyncio.gather(write(), read(), read())
