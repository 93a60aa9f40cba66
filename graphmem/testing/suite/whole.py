"""Whole-store work: dumping, purging, counting, who has memories, settings."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graphmem.abc import GraphStore
from graphmem.changes import ChangeSet, DropMemory, PutEntity, PutMemory, PutRelation
from graphmem.models import Event, Memory, Mention, Partition
from graphmem.testing.oracle import OracleStore
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.suite.marks import Copy
from graphmem.testing.worlds import START, Scribe, fresh, plain, stale, world

__all__ = ["WholeTests"]


async def dumped(store: GraphStore, project: str, owner: str | None = None) -> list[ChangeSet]:
    """The dump of a project."""
    return [change async for change in store.dump(project, owner)]


class WholeTests(StoreSuite):
    """`dump`, `purge`, `tally`, `scopes`, `owners`, settings, opening and closing."""

    async def furnish(self, scribe: Scribe) -> list[Memory]:
        """A partition with something of every kind."""
        said, kept = scribe.episode("one"), scribe.episode("kept as context")
        redacted = scribe.episode("", role="assistant", name="Bot")
        ana, bo = scribe.entity("Ana Silva", self_of=scribe.partition.owner), scribe.entity("Bo")
        heir = scribe.memory("heir", about=[ana], of=[said], metadata={"a": [1, 1.0, None]}, categories=("b", "a"))
        old = scribe.relation(ana, "LIVES_IN", bo, valid_at=START, expired_at=START, superseded_by=heir.id)
        retired = scribe.memory("retired", states=[old], expired_at=START, superseded_by=heir.id)
        retired = replace(retired, mentions=(*retired.mentions, Mention(entity_id=bo.id, name="Bob", type="Person")))
        gone = scribe.memory("gone")
        await scribe.write(said, kept, redacted, ana, bo, old, replace(retired, superseded_by=None), gone)
        await scribe.write(heir, retired, *(scribe.revision(each) for each in (retired, heir, gone)))
        await scribe.write(scribe.revision(retired, Event.SUPERSEDE, at=START, reason="moved"))
        await scribe.write(DropMemory(gone.id), scribe.revision(gone, Event.DELETE))
        return [heir, retired, gone]

    async def test_a_dump_rebuilds_everything(self, scribe: Scribe) -> None:
        """Ids, dates, history, links, episodes; over all partitions of a project."""
        agent = Scribe(scribe.store, scribe.project, agent_id="bot")
        memories = [*await self.furnish(scribe), *await self.furnish(agent)]
        empty = OracleStore()
        changes = await dumped(scribe.store, scribe.project)
        assert {change.partition for change in changes} == {scribe.partition, agent.partition}
        for change in changes:
            await empty.apply(change)
        owners = [scribe.partition.owner, agent.partition.owner]
        rebuilt = await world(empty, scribe.project, owners=owners)
        assert rebuilt == await world(scribe.store, scribe.project, owners=owners)
        for memory in memories:
            before = await scribe.store.history(scribe.project, memory.id)
            after = await empty.history(scribe.project, memory.id)
            assert sorted(map(str, plain(before))) == sorted(map(str, plain(after)))

    async def test_a_partition_without_memories_is_dumped(self, scribe: Scribe) -> None:
        """Its episodes, and that something was deleted in it."""
        said, gone = scribe.episode("kept as context"), scribe.memory("gone")
        await scribe.write(said, gone)
        await scribe.write(DropMemory(gone.id), scribe.revision(gone, Event.DELETE))
        empty = OracleStore()
        for change in await dumped(scribe.store, scribe.project):
            await empty.apply(change)
        owners = [scribe.partition.owner]
        rebuilt = await world(empty, scribe.project, owners=owners)
        assert rebuilt == await world(scribe.store, scribe.project, owners=owners)
        assert [entry.event for entry in await empty.history(scribe.project, gone.id)] == ["DELETE"]

    async def test_a_store_takes_a_dump_in(self, scribe: Scribe) -> None:
        """Its own again, under a new project: what was planned elsewhere applies as any change."""
        oracle = OracleStore()
        author = Scribe(oracle, scribe.project, user_id=scribe.scope.user_id or "")
        await self.furnish(author)
        for change in await dumped(oracle, scribe.project):
            await scribe.store.apply(change)
        owners = [scribe.partition.owner]
        there = await world(scribe.store, scribe.project, owners=owners)
        assert there == await world(oracle, scribe.project, owners=owners)

    async def test_parts_of_a_dump_are_small_and_whole(self, scribe: Scribe) -> None:
        """At most 500 memories each, and each brings the entities and relations that it needs."""
        ana = scribe.entity("Ana")
        drawn = [scribe.relation(ana, "KNOWS", ana, label=f"{n}") for n in range(3)]
        memories = [scribe.memory(f"{n}", states=[drawn[n % 3]]) for n in range(1_100)]
        await scribe.write(ana, *drawn, *memories)
        changes = await dumped(scribe.store, scribe.project)
        sizes = [sum(isinstance(each, PutMemory) for each in change.operations) for change in changes]
        assert sum(sizes) == 1_100
        assert max(sizes) <= 500
        for change in changes:
            entities = {each.entity.id for each in change.operations if isinstance(each, PutEntity)}
            relations = {each.relation.id for each in change.operations if isinstance(each, PutRelation)}
            for each in change.operations:
                if isinstance(each, PutMemory):
                    assert set(each.memory.entity_ids) <= entities
                    assert set(each.memory.relation_ids) <= relations
        empty = OracleStore()
        for change in changes[::-1]:
            await empty.apply(change)
        assert (await empty.tally())["memories"] == 1_100

    async def test_a_dump_of_one_owner(self, scribe: Scribe) -> None:
        """Holds that partition and no other; of nobody, nothing."""
        other = Scribe(scribe.store, scribe.project)
        await scribe.write(scribe.memory("mine"))
        await other.write(other.memory("theirs"))
        changes = await dumped(scribe.store, scribe.project, scribe.partition.owner)
        texts = [each.memory.text for c in changes for each in c.operations if isinstance(each, PutMemory)]
        assert texts == ["mine"]
        assert await dumped(scribe.store, scribe.project, "user:nobody") == []

    # -- purging

    async def test_a_purge_takes_tombstones_and_leaves_the_rest(self, scribe: Scribe) -> None:
        """That something was deleted is forgotten as well; what was not deleted is as it was."""
        _, _, gone = await self.furnish(scribe)
        assert len(await scribe.store.history(scribe.project, gone.id)) == 1
        before = await world(scribe.store, scribe.project, revisions=True)
        counts = await scribe.store.purge()
        assert counts["revisions"] >= 1
        assert all(isinstance(number, int) and number >= 0 for number in counts.values())
        assert await scribe.store.history(scribe.project, gone.id) == []
        after = await world(scribe.store, scribe.project, revisions=True)
        before["tally"]["revisions"] -= 1
        assert after == before

    async def test_a_purge_takes_the_ids_of_the_deleted(self, scribe: Scribe) -> None:
        """Also out of what they had superseded, and out of the states that history keeps of that."""
        heir, still, ana = scribe.memory("heir"), scribe.memory("still there"), scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana, expired_at=START, superseded_by=heir.id)
        retired = scribe.memory("retired", states=[knows], expired_at=START, superseded_by=heir.id)
        other = scribe.memory("other", expired_at=START, superseded_by=still.id)
        entries = [scribe.revision(each, Event.SUPERSEDE) for each in (retired, other)]
        await scribe.write(ana, knows, heir, still, retired, other, *entries)
        await scribe.drop(heir)
        await scribe.store.purge()
        for memory, successor in ((retired, None), (other, still.id)):
            read = await scribe.get(memory)
            assert read is not None
            assert read.superseded_by == successor
            [entry] = await scribe.store.history(scribe.project, memory.id)
            assert entry.state["superseded_by"] == successor
        relation = await scribe.relation_of(knows.id, include_superseded=True)
        assert relation is not None
        assert relation.superseded_by is None

    async def test_an_emptied_partition_is_purged_but_its_revisions_never_restart(self, scribe: Scribe) -> None:
        """A mark or a copy of the old life can never be taken for one of the new."""
        memory = scribe.memory()
        await scribe.write(memory)
        for number in range(5):
            await scribe.write(replace(memory, text=f"{number}"))
        last = (await scribe.drop(memory)).sequence
        assert (await scribe.store.tally(scribe.project))["partitions"] == 1
        counts = await scribe.store.purge()
        assert counts["partitions"] >= 1
        assert (await scribe.store.tally(scribe.project))["partitions"] == 0
        change = scribe.change(scribe.memory("again"), sequence=await scribe.sequence())
        [applied] = await scribe.store.apply(change)
        assert applied.sequence > last
        assert await scribe.texts() == {"again"}
        newcomer = Scribe(scribe.store)
        assert (await newcomer.write(newcomer.memory())).sequence > last

    async def test_a_partition_with_episodes_is_not_empty(self, scribe: Scribe) -> None:
        """They are kept as context for the next extraction."""
        await scribe.write(scribe.episode("kept"))
        at = await scribe.sequence()
        await scribe.store.purge()
        assert await scribe.sequence() == at
        assert len((await scribe.known(last_episodes=5)).episodes) == 1

    async def test_a_purge_loses_no_mark(self, scribe: Scribe) -> None:
        """What the index was not told yet, it is told afterwards."""
        copy, ana = Copy(scribe.store), scribe.entity("Ana")
        memory, still = scribe.memory(about=[ana]), scribe.memory("still")
        ids = [memory.id, still.id, ana.id]
        await scribe.write(ana, memory, still)
        await copy.drain(ids)
        await scribe.drop(memory)
        pending = await stale(scribe.store, ids)
        await scribe.store.purge()
        assert await stale(scribe.store, ids) == pending
        await copy.drain(ids)
        await copy.check(ids)

    async def test_purging_nothing(self, scribe: Scribe) -> None:
        """Twice in a row is as good as once."""
        await self.furnish(scribe)
        await scribe.store.purge()
        before = await world(scribe.store, scribe.project, revisions=True)
        counts = await scribe.store.purge()
        assert counts.get("revisions", 0) == counts.get("partitions", 0) == 0
        assert await world(scribe.store, scribe.project, revisions=True) == before

    # -- counting

    async def test_everything_is_counted(self, scribe: Scribe) -> None:
        """By project; nothing in a project without anything."""
        await self.furnish(scribe)
        other = Scribe(scribe.store, scribe.project)
        await other.write(other.memory())
        tally = await scribe.store.tally(scribe.project)
        expected = {"memories": 3, "superseded": 1, "entities": 2, "relations": 1, "episodes": 3, "revisions": 4}
        assert {name: tally[name] for name in expected} == expected
        assert tally["partitions"] == 2
        assert tally["stale"] > 0
        whole = await scribe.store.tally()
        assert all(whole[name] >= number for name, number in tally.items())
        nothing = await scribe.store.tally(fresh("nowhere"))
        assert set(nothing) == set(tally) == set(whole)
        assert not any(nothing.values())

    async def test_who_has_memories(self, scribe: Scribe) -> None:
        """Every id of every kind of scope, with what it has and since when, sorted by kind and id."""
        at = [START + timedelta(days=day) for day in range(4)]
        project = scribe.project
        desk = Scribe(scribe.store, project, user_id="ana", app_id="desk")
        alone = Scribe(scribe.store, project, user_id="ana")
        bot = Scribe(scribe.store, project, agent_id="bot")
        await desk.write(desk.memory(created_at=at[1], updated_at=at[2]))
        await alone.write(
            alone.memory(created_at=at[2], updated_at=at[3], expired_at=at[3]),
            alone.memory(created_at=at[0], updated_at=at[0], scope=alone.beside(run_id="7")),
        )
        await bot.write(bot.memory(created_at=at[3], updated_at=at[3]), bot.episode())
        found = await scribe.store.scopes(project)
        rows = [(row["type"], row["id"], row["memories"], row["created_at"], row["updated_at"]) for row in found]
        assert rows == [
            ("agent", "bot", 1, at[3], at[3]),
            ("app", "desk", 1, at[1], at[2]),
            ("run", "7", 1, at[0], at[0]),
            ("user", "ana", 3, at[0], at[3]),
        ]

    async def test_owners_of_what_is_visible(self, scribe: Scribe) -> None:
        """Distinct, sorted, no more than asked for."""
        names = ["zoe", "ana", "Bo", "ana b"]
        for name in names:
            each = Scribe(scribe.store, scribe.project, user_id=name)
            await each.write(each.memory("one"), each.memory("two"))
        hidden = Scribe(scribe.store, scribe.project, user_id="hidden")
        await hidden.write(hidden.memory(expired_at=START))
        expected = tuple(sorted(f"user:{name}" for name in names))
        view = scribe.view(owners=None)
        assert await scribe.store.owners(view, 10) == expected
        assert await scribe.store.owners(view, 2) == expected[:2]
        assert await scribe.store.owners(scribe.view(owners=("user:zoe", "user:hidden", "user:x")), 9) == ("user:zoe",)
        assert await scribe.store.owners(replace(view, include_superseded=True), 9) == tuple(
            sorted((*expected, "user:hidden"))
        )

    async def test_settings_are_kept_by_project_and_name(self, scribe: Scribe) -> None:
        """Any JSON; None takes one away. The house itself has a project without a name."""
        store, project = scribe.store, scribe.project
        assert await store.setting(project, "colour") is None
        values: list[Any] = ["red", 7, 1.5, True, False, 0, "", [], {"deep": [None, {"x": "é"}]}]
        for value in values:
            await store.put_setting(project, "colour", value)
            assert plain([await store.setting(project, "colour")]) == plain([value])
            assert type(await store.setting(project, "colour")) is type(value)
        assert await store.setting(project, "Colour") is None
        assert await store.setting("", project) is None
        await store.put_setting("", project, 1)
        assert await store.setting("", project) == 1
        await store.put_setting(project, "colour", None)
        await store.put_setting(project, "colour", None)
        assert await store.setting(project, "colour") is None
        assert (await store.tally(project))["partitions"] == 0

    async def test_settings_are_listed_by_their_beginning(self, scribe: Scribe) -> None:
        """In the order of their names, by code point; a percent sign stands for itself."""
        store, project = scribe.store, scribe.project
        for name in ("event:2", "event:1", "eventful", "Event:3", "event%", "event:é"):
            await store.put_setting(project, name, {"is": name})
        found = await store.settings(project, "event:")
        assert found == [(project, name, {"is": name}) for name in ("event:1", "event:2", "event:é")]
        assert [name for _, name, _ in await store.settings(project, "event%")] == ["event%"]
        assert next(name for _, name, _ in await store.settings(project)) == "Event:3"
        assert (project, "event:1", {"is": "event:1"}) in await store.settings(None, "event:1")
        assert await store.settings(fresh("p")) == []

    async def test_settings_are_listed_while_others_remove_them(self, scribe: Scribe) -> None:
        """Each is there whole, or not at all."""
        store, project = scribe.store, scribe.project

        async def flicker(name: str) -> None:
            for _ in range(25):
                await store.put_setting(project, name, {"is": name})
                await store.put_setting(project, name, None)

        async def look() -> None:
            for _ in range(25):
                assert all(value == {"is": name} for _, name, value in await store.settings(project))
                assert await store.setting(project, "a") in (None, {"is": "a"})

        await asyncio.gather(flicker("a"), flicker("b"), look(), look())

    async def test_of_several_that_swap_a_setting_one_does(self, scribe: Scribe) -> None:
        """From nothing, from a value, and to nothing."""
        store, project = scribe.store, scribe.project
        assert not await store.swap_setting(project, "turn", "somebody", "me")
        for old, news in ((None, [{"by": n} for n in range(8)]), (..., [{"by": [n, None]} for n in range(8)])):
            held = await store.setting(project, "turn") if old is ... else old
            swapped = await asyncio.gather(*(store.swap_setting(project, "turn", held, new) for new in news))
            assert sum(swapped) == 1
            assert await store.setting(project, "turn") == news[swapped.index(True)]
        held = await store.setting(project, "turn")
        assert await store.swap_setting(project, "turn", held, None)
        assert await store.setting(project, "turn") is None
        assert await store.swap_setting(project, "turn", None, None)

    async def test_a_partition_is_its_project_and_its_owner(self, scribe: Scribe) -> None:
        """However the two are split, they are not the same."""
        pairs = [("a", "user:b"), ("a:user", "b"), ("auser", ":b")]
        prefix = fresh("p")
        for project, _ in pairs:
            each = Scribe(scribe.store, prefix + project, user_id="b")
            await each.write(each.memory(project))
            assert each.partition == Partition(prefix + project, "user:b")
        for project, _ in pairs:
            assert await Scribe(scribe.store, prefix + project, user_id="b").texts() == {project}

    async def test_opening_again_changes_nothing(self, scribe: Scribe) -> None:
        """It is idempotent."""
        await self.furnish(scribe)
        before = await world(scribe.store, scribe.project, revisions=True)
        await scribe.store.open()
        assert await world(scribe.store, scribe.project, revisions=True) == before
