"""Entities and relations live by what is said of them: names, types, support, and no orphans."""

from __future__ import annotations

from dataclasses import replace

from graphmem.changes import DropMemory
from graphmem.models import Entity, Mention
from graphmem.queries import EntityQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe

__all__ = ["NamingTests"]


def called(entity: Entity, *names: str, kind: str | None = None) -> list[Mention]:
    """Mentions of an entity by these names."""
    return [Mention(entity_id=entity.id, name=name, type=kind) for name in names]


async def the_entity(scribe: Scribe, entity: Entity) -> Entity:
    """The entity, which has to be there."""
    found = await scribe.entity_of(entity.id)
    assert found is not None
    return found


class NamingTests(StoreSuite):
    """What an entity is called follows the memories that mention it, and so does whether it is there at all."""

    # -- names

    async def test_aliases_are_the_other_names_in_use(self, scribe: Scribe) -> None:
        """Sorted, each once, from all memories."""
        ana = scribe.entity("Ana")
        first = scribe.memory("a", about=called(ana, "Ana", "Mum"))
        second = scribe.memory("b", about=called(ana, "Mum", "Anocas", "ANA"))
        await scribe.write(ana, first, second)
        assert (await the_entity(scribe, ana)).aliases == ("ANA", "Anocas", "Mum")
        await scribe.drop(second)
        assert (await the_entity(scribe, ana)).aliases == ("Mum",)

    async def test_what_is_put_as_type_and_aliases_counts_for_nothing(self, scribe: Scribe) -> None:
        """They come from the mentions alone."""
        ana = scribe.entity("Ana", type="Robot", aliases=("R2",), mention_count=9)
        await scribe.write(ana, scribe.memory(about=called(ana, "Ana")))
        read = await the_entity(scribe, ana)
        assert (read.type, read.aliases, read.mention_count) == (None, (), 1)

    async def test_the_type_is_the_most_frequent_one_said(self, scribe: Scribe) -> None:
        """Where the source said none, nothing is counted."""
        ana = scribe.entity("Ana")
        said = ["Person", None, "Place", None, "Person", None]
        memories = [scribe.memory(f"{kind}", about=called(ana, "Ana", kind=kind)) for kind in said]
        await scribe.write(ana, *memories)
        assert (await the_entity(scribe, ana)).type == "Person"
        await scribe.drop(memories[0], memories[4])
        assert (await the_entity(scribe, ana)).type == "Place"
        await scribe.drop(memories[2])
        assert (await the_entity(scribe, ana)).type is None

    async def test_of_types_said_as_often_the_first_in_the_alphabet(self, scribe: Scribe) -> None:
        """Not the first said."""
        ana = scribe.entity("Ana")
        await scribe.write(ana, *(scribe.memory(kind, about=called(ana, "Ana", kind=kind)) for kind in "CAB"))
        assert (await the_entity(scribe, ana)).type == "A"

    async def test_a_name_no_longer_used_falls_back_to_the_most_frequent(self, scribe: Scribe) -> None:
        """A deleted name is not kept as anybody's name."""
        ana = scribe.entity("Ana Sofia")
        named = scribe.memory("named", about=called(ana, "Ana Sofia", "Sofia"))
        others = [scribe.memory(name, about=called(ana, name)) for name in ("Ana", "Mum", "Mum")]
        await scribe.write(ana, named, *others)
        assert (await the_entity(scribe, ana)).name == "Ana Sofia"
        applied = await scribe.drop(named)
        read = await the_entity(scribe, ana)
        assert (read.name, read.aliases, read.key) == ("Mum", ("Ana",), "mum")
        assert read.revision == applied.sequence

    async def test_of_names_used_as_often_the_smallest(self, scribe: Scribe) -> None:
        """By code point."""
        ana = scribe.entity("Ana")
        named = scribe.memory("named", about=called(ana, "Ana"))
        await scribe.write(ana, named, *(scribe.memory(name, about=called(ana, name)) for name in ("b", "Z", "é", "a")))
        await scribe.drop(named)
        assert (await the_entity(scribe, ana)).name == "Z"

    async def test_a_name_that_nothing_uses_cannot_be_put(self, scribe: Scribe) -> None:
        """It falls back at once."""
        ana = scribe.entity("Nobody calls her so")
        await scribe.write(ana, scribe.memory(about=called(ana, "Ana")))
        assert (await the_entity(scribe, ana)).name == "Ana"

    async def test_a_name_is_used_as_it_is_spelt(self, scribe: Scribe) -> None:
        """Another spelling of the same key does not keep it."""
        ana = scribe.entity("ANA")
        first = scribe.memory("loud", about=called(ana, "ANA"))
        await scribe.write(ana, first, scribe.memory("soft", about=called(ana, "Ana")))
        await scribe.drop(first)
        assert (await the_entity(scribe, ana)).name == "Ana"

    async def test_an_entity_learns_its_real_name(self, scribe: Scribe) -> None:
        """It stays whose self it is."""
        me = scribe.entity("ana77", self_of=scribe.partition.owner)
        await scribe.write(me, scribe.memory("a", about=called(me, "ana77")))
        await scribe.write(replace(me, name="Ana Silva"), scribe.memory("b", about=called(me, "Ana Silva")))
        read = await the_entity(scribe, me)
        assert (read.name, read.aliases, read.self_of) == ("Ana Silva", ("ana77",), scribe.partition.owner)
        known = await scribe.known(names=frozenset({"ana77", "ana silva"}))
        assert {entity.id for entity in known.entities.values()} == {me.id}
        assert len(known.entities) == 2

    async def test_a_new_alias_or_type_is_a_new_revision(self, scribe: Scribe) -> None:
        """One more mention by a known name as a known type is none."""
        ana = scribe.entity("Ana")
        first = await scribe.write(ana, scribe.memory("a", about=called(ana, "Ana", kind="Person")))
        await scribe.write(scribe.memory("b", about=called(ana, "Ana", kind="Person")))
        assert (await the_entity(scribe, ana)).revision == first.sequence
        third = await scribe.write(scribe.memory("c", about=called(ana, "Mum", kind="Person")))
        assert (await the_entity(scribe, ana)).revision == third.sequence
        await scribe.write(scribe.memory("d", about=called(ana, "Ana", kind="Mother")))
        assert (await the_entity(scribe, ana)).revision == third.sequence
        last = [scribe.memory(f"e{n}", about=called(ana, "Ana", kind="Mother")) for n in range(3)]
        assert (await scribe.write(*last)).sequence == (await the_entity(scribe, ana)).revision

    async def test_hidden_mentions_name_but_do_not_count(self, scribe: Scribe) -> None:
        """Name, type and aliases are the partition's; the count is what the reader sees."""
        ana = scribe.entity("Ana")
        seen = scribe.memory("seen", about=called(ana, "Ana"))
        retired = scribe.memory("retired", about=called(ana, "Mum", kind="Person"), expired_at=scribe.now())
        await scribe.write(ana, seen, retired)
        read = await the_entity(scribe, ana)
        assert (read.aliases, read.type, read.mention_count) == (("Mum",), "Person", 1)
        more = await scribe.entity_of(ana.id, include_superseded=True)
        assert more is not None
        assert more.mention_count == 2

    # -- no orphans

    async def test_nothing_unmentioned_is_ever_there(self, scribe: Scribe) -> None:
        """Entities and relations put without a memory are removed in the same change, and the answer says so."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        applied = await scribe.write(ana, bo, knows, scribe.memory(about=[ana]))
        assert {bo.id, knows.id} <= {mark.id for mark in applied.removed}
        assert ana.id not in {mark.id for mark in applied.removed}
        assert (await scribe.store.tally(scribe.project))["entities"] == 1
        assert (await scribe.store.tally(scribe.project))["relations"] == 0

    async def test_the_last_memory_takes_relation_and_entities_along(self, scribe: Scribe) -> None:
        """Not the last but one."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        pair = [scribe.memory(text, states=[knows]) for text in ("one", "two")]
        await scribe.write(ana, bo, knows, *pair)
        assert (await scribe.drop(pair[0])).removed == ()
        relation = await scribe.relation_of(knows.id)
        assert relation is not None
        assert relation.memory_ids == (pair[1].id,)
        applied = await scribe.drop(pair[1])
        assert {(mark.kind, mark.id) for mark in applied.removed} == {
            ("entity", ana.id),
            ("entity", bo.id),
            ("relation", knows.id),
        }
        tally = await scribe.store.tally(scribe.project)
        assert not any(tally[kind] for kind in ("memories", "entities", "relations"))

    async def test_a_memory_put_with_fewer_links_leaves_no_orphans(self, scribe: Scribe) -> None:
        """What only the old value referred to goes."""
        ana, bo, cy = (scribe.entity(name) for name in ("Ana", "Bo", "Cy"))
        knows, likes = scribe.relation(ana, "KNOWS", bo), scribe.relation(ana, "LIKES", cy)
        memory = scribe.memory(states=[knows, likes])
        await scribe.write(ana, bo, cy, knows, likes, memory)
        fewer = replace(memory, mentions=scribe.mentions([], [likes]), relation_ids=(likes.id,))
        applied = await scribe.write(fewer)
        assert {mark.id for mark in applied.removed} == {bo.id, knows.id}
        names = {entity.name for entity in (await scribe.store.entities(EntityQuery(view=scribe.view()))).items}
        assert names == {"Ana", "Cy"}

    async def test_an_entity_without_relations_stays_while_it_is_mentioned(self, scribe: Scribe) -> None:
        """A relation going takes no entity along that a memory still names."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        stating, naming = scribe.memory("states", states=[knows]), scribe.memory("names", about=[bo])
        await scribe.write(ana, bo, knows, stating, naming)
        await scribe.drop(stating)
        assert await scribe.relation_of(knows.id) is None
        assert await scribe.entity_of(ana.id) is None
        assert (await the_entity(scribe, bo)).mention_count == 1

    async def test_retired_memories_keep_what_they_mention(self, scribe: Scribe) -> None:
        """Retiring is not deleting: the past can still be asked for."""
        ana = scribe.entity("Ana")
        knows = scribe.relation(ana, "KNOWS", ana)
        memory = scribe.memory(states=[knows])
        await scribe.write(ana, knows, memory)
        applied = await scribe.write(replace(memory, expired_at=scribe.now()))
        assert applied.removed == ()
        assert await scribe.entity_of(ana.id) is None
        assert await scribe.entity_of(ana.id, include_superseded=True) is not None
        assert await scribe.relation_of(knows.id, include_superseded=True) is not None

    async def test_a_name_is_free_again_when_its_entity_is_gone(self, scribe: Scribe) -> None:
        """Another entity may take it, with another id."""
        ana, other = scribe.entity("Ana"), scribe.entity("Ana")
        memory = scribe.memory("one", about=[ana])
        await scribe.write(ana, memory)
        await scribe.write(DropMemory(memory.id), other, scribe.memory("two", about=[other]))
        known = await scribe.known(names=frozenset({"ana"}))
        assert known.entities["ana"].id == other.id
