"""`known`: all that planning asks of a partition, at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from graphmem.ids import new_id
from graphmem.models import Mention, Partition
from graphmem.queries import Known, KnownQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import START, Scribe, fresh, plain
from graphmem.text import text_key

__all__ = ["KnowingTests"]


def same(known: Known) -> dict[str, object]:
    """What of an answer has no order."""
    return {
        "relations": {relation.id for relation in known.relations},
        "memories": set(known.memories),
        "entities": {name: entity.id for name, entity in known.entities.items()},
    }


class KnowingTests(StoreSuite):
    """Retired things included, no view applied, nothing that was not asked for."""

    async def test_a_new_partition_is_empty(self, scribe: Scribe) -> None:
        """Its sequence is 0."""
        [known] = await scribe.store.known(
            KnownQuery(
                partition=Partition(fresh("project"), "user:nobody"),
                names=frozenset({"ana"}),
                selves={"user:nobody": "nobody"},
                texts=frozenset({text_key("x")}),
                slots=frozenset({("ana", "IS")}),
                pairs=frozenset({("ana", "bo")}),
                memory_ids=frozenset({new_id()}),
                dependents=True,
                last_episodes=5,
            )
        )
        assert plain(known) == plain(Known())

    async def test_several_are_answered_in_their_order(self, scribe: Scribe) -> None:
        """Of one partition or of several; none for none."""
        other = Scribe(scribe.store, scribe.project)
        mine, theirs = scribe.memory("mine"), other.memory("theirs")
        await scribe.write(mine)
        await other.write(theirs)
        ids = frozenset({mine.id, theirs.id})
        queries = [KnownQuery(partition=each.partition, memory_ids=ids) for each in (scribe, other, scribe)]
        answers = await scribe.store.known(*queries)
        assert [set(known.memories) for known in answers] == [{mine.id}, {theirs.id}, {mine.id}]
        assert await scribe.store.known() == ()

    async def test_entities_by_name_and_alias(self, scribe: Scribe) -> None:
        """Keyed by what was asked, counted over all memories, retired ones too."""
        ana = scribe.entity("Ana")
        retired = scribe.memory("r", about=[Mention(entity_id=ana.id, name="Mum", type="Person")], expired_at=START)
        applied = await scribe.write(ana, scribe.memory(about=[ana]), retired)
        known = await scribe.known(names=frozenset({"ana", "mum", "nobody"}))
        assert set(known.entities) == {"ana", "mum"}
        expected = replace(ana, aliases=("Mum",), type="Person", mention_count=2, revision=applied.sequence)
        assert plain(known.entities["mum"]) == plain(known.entities["ana"]) == plain(expected)

    async def test_selves_are_found_under_the_name_asked_for(self, scribe: Scribe) -> None:
        """Though they are called otherwise by now, and before whoever else is called so."""
        me, other = scribe.entity("Ana Silva", self_of="user:ana"), scribe.entity("ana")
        lives = scribe.relation(me, "LIVES_IN", other)
        await scribe.write(me, other, lives, scribe.memory(states=[lives]))
        known = await scribe.known(
            names=frozenset({"ana silva"}),
            selves={"user:ana": "ana", "agent:bot": "bot"},
            slots=frozenset({("ana", "LIVES_IN")}),
        )
        assert {name: entity.id for name, entity in known.entities.items()} == {"ana": me.id, "ana silva": me.id}
        assert [relation.id for relation in known.relations] == [lives.id]

    async def test_memories_by_text(self, scribe: Scribe) -> None:
        """By the key of what they say now, retired or not."""
        memory = scribe.memory("Likes tea.")
        retired = scribe.memory("LIKES TEA", expired_at=START)
        await scribe.write(memory, retired, scribe.memory("likes coffee"))
        known = await scribe.known(texts=frozenset({text_key("likes tea")}))
        assert set(known.memories) == {memory.id, retired.id}
        await scribe.write(replace(memory, text="likes milk"))
        known = await scribe.known(texts=frozenset({text_key("likes tea")}))
        assert set(known.memories) == {retired.id}

    async def test_slots_and_pairs(self, scribe: Scribe) -> None:
        """Relations of a subject and type, and between two in that direction, with the memories that state them."""
        ana, bo, cy = (scribe.entity(name) for name in ("Ana", "Bo", "Cy"))
        knows, likes, back, retired = (
            scribe.relation(ana, "KNOWS", bo),
            scribe.relation(ana, "LIKES", cy),
            scribe.relation(bo, "KNOWS", ana),
            scribe.relation(ana, "KNOWS", cy, expired_at=START),
        )
        told = [scribe.memory(f"{n}", states=[each]) for n, each in enumerate((knows, likes, back, retired))]
        twice = scribe.memory("again", states=[knows], expired_at=START)
        await scribe.write(ana, bo, cy, knows, likes, back, retired, *told, twice)
        known = await scribe.known(slots=frozenset({("ana", "KNOWS"), ("nobody", "KNOWS"), ("cy", "KNOWS")}))
        assert same(known)["relations"] == {knows.id, retired.id}
        assert set(known.memories) == {told[0].id, told[3].id, twice.id}
        states = {relation.id: relation.memory_ids for relation in known.relations}
        assert states[knows.id] == tuple(sorted([told[0].id, twice.id]))
        known = await scribe.known(pairs=frozenset({("ana", "bo"), ("cy", "ana")}))
        assert same(known)["relations"] == {knows.id}
        known = await scribe.known(pairs=frozenset({("ana", "cy")}), slots=frozenset({("ana", "LIKES")}))
        assert same(known)["relations"] == {likes.id, retired.id}
        assert len(known.relations) == 2

    async def test_slots_know_aliases(self, scribe: Scribe) -> None:
        """A subject is found by any of its names."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        memory = scribe.memory(states=[knows], about=[ana, Mention(entity_id=ana.id, name="Mum")])
        await scribe.write(ana, bo, knows, memory)
        for asked in ({"slots": frozenset({("mum", "KNOWS")})}, {"pairs": frozenset({("mum", "bo")})}):
            assert same(await scribe.known(**asked))["relations"] == {knows.id}

    async def test_dependents_hang_on_memories(self, scribe: Scribe) -> None:
        """What they superseded, what they state, where they came from; without asking, only themselves."""
        ana, bo, said = scribe.entity("Ana"), scribe.entity("Bo"), scribe.episode()
        old = scribe.relation(ana, "KNOWS", bo)
        heir = scribe.memory("heir", of=[said])
        old = replace(old, expired_at=START, superseded_by=heir.id)
        new = scribe.relation(ana, "LIKES", bo)
        retired = scribe.memory("retired", expired_at=START, superseded_by=heir.id)
        stating, also = scribe.memory("old", states=[old]), scribe.memory("also", states=[new])
        heir = replace(heir, mentions=scribe.mentions([ana, bo]), relation_ids=(new.id,))
        from_there = scribe.memory("from there too", of=[said])
        await scribe.write(said, ana, bo, old, new, heir, retired, stating, also, from_there)
        alone = await scribe.known(memory_ids=frozenset({heir.id, new_id()}))
        assert (set(alone.memories), alone.relations, alone.episodes) == ({heir.id}, (), ())
        known = await scribe.known(memory_ids=frozenset({heir.id}), dependents=True)
        assert same(known)["relations"] == {old.id, new.id}
        assert set(known.memories) == {heir.id, retired.id, stating.id, also.id}
        assert [episode.id for episode in known.episodes] == [said.id]
        assert known.sources == {said.id: tuple(sorted([heir.id, from_there.id]))}

    async def test_the_last_episodes_of_a_run(self, scribe: Scribe) -> None:
        """The newest by when they were said, oldest first; of the run, or of the partition."""
        run = scribe.beside(run_id="7")
        at = [START + timedelta(hours=hour) for hour in (3, 1, 2, 5, 4)]
        said = [scribe.episode(f"{moment.hour}", observed_at=moment, scope=run) for moment in at]
        elsewhere = scribe.episode("elsewhere", observed_at=START + timedelta(days=1))
        await scribe.write(*said, elsewhere)
        in_order = [each.content for each in sorted(said, key=lambda each: each.observed_at)]
        for number in (1, 3, 5, 9, 2**31):
            known = await scribe.known(run_id="7", last_episodes=number)
            assert [episode.content for episode in known.episodes] == in_order[-number:]
        known = await scribe.known(last_episodes=2)
        assert [episode.content for episode in known.episodes] == [in_order[-1], "elsewhere"]
        assert (await scribe.known(run_id="8", last_episodes=5)).episodes == ()
        assert (await scribe.known(run_id="7")).episodes == ()

    async def test_episodes_of_one_moment_keep_the_order_in_which_they_were_written(self, scribe: Scribe) -> None:
        """The messages of one conversation come in with one time."""
        said = [scribe.episode(f"{n}", observed_at=START, created_at=START) for n in range(8)]
        await scribe.write(*said[:5])
        await scribe.write(*said[5:])
        known = await scribe.known(last_episodes=6)
        assert [episode.content for episode in known.episodes] == ["2", "3", "4", "5", "6", "7"]

    async def test_the_sequence_is_the_partitions(self, scribe: Scribe) -> None:
        """What a plan made of the answer may name as its own."""
        for _ in range(3):
            applied = await scribe.write(scribe.memory())
            assert (await scribe.known()).sequence == applied.sequence
