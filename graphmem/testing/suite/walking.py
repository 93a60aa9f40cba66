"""`walk`, `relations` and `spoken`: moving over the graph, one hop at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from graphmem.filters import Leaf
from graphmem.models import Entity, Memory, Mention, Relation
from graphmem.queries import EntityQuery, Hop, Node, RelationQuery, Walk
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import Scribe, plain
from graphmem.text import words

__all__ = ["WalkTests"]


async def hop(scribe: Scribe, *entities: Entity, **asked: object) -> Hop:
    """One hop from these entities."""
    over = {"view": scribe.view(), **asked}
    return await scribe.store.walk(Walk(entity_ids=tuple(entity.id for entity in entities), **over))  # type: ignore[arg-type]


def memories(found: Hop) -> set[str]:
    """The memories that a hop reached."""
    return {memory_id for memory_id, _ in found.mentions}


def relations(found: Hop) -> set[str]:
    """The relations that a hop followed."""
    return {relation.id for relation in found.relations}


class WalkTests(StoreSuite):
    """One hop: what is followed, in which order, and what it weighs."""

    async def star(self, scribe: Scribe, size: int) -> tuple[Entity, list[Entity], list[Relation], list[Memory]]:
        """A hub that knows `size` others, each by a memory of its own, the later the newer."""
        hub = scribe.entity("Hub")
        others = [scribe.entity(f"Other {n}") for n in range(size)]
        knows = [scribe.relation(hub, "KNOWS", other) for other in others]
        told = [scribe.memory(f"knows {n}", states=[relation]) for n, relation in enumerate(knows)]
        await scribe.write(hub, *others, *knows, *told)
        return hub, others, knows, told

    async def test_a_hop_reaches_what_is_next(self, scribe: Scribe) -> None:
        """Relations both ways, memories, all that these mention, and no further."""
        ana, bo, cy, di = (scribe.entity(name) for name in ("Ana", "Bo", "Cy", "Di"))
        to_bo, from_cy, beyond = (
            scribe.relation(ana, "KNOWS", bo),
            scribe.relation(cy, "LIKES", ana),
            scribe.relation(bo, "KNOWS", di),
        )
        first, second = scribe.memory("one", states=[to_bo]), scribe.memory("two", states=[from_cy])
        third, fourth = scribe.memory("three", states=[beyond]), scribe.memory("four", about=[ana, di])
        await scribe.write(ana, bo, cy, di, to_bo, from_cy, beyond, first, second, third, fourth)
        found = await hop(scribe, ana)
        assert relations(found) == {to_bo.id, from_cy.id}
        assert memories(found) == {first.id, second.id, fourth.id}
        assert set(found.mentions) == {
            (first.id, ana.id),
            (first.id, bo.id),
            (second.id, ana.id),
            (second.id, cy.id),
            (fourth.id, ana.id),
            (fourth.id, di.id),
        }
        assert len(found.mentions) == 6
        assert found.degrees == {ana.id: 3, bo.id: 2, cy.id: 1, di.id: 2}
        known = (await scribe.store.entities(EntityQuery(view=scribe.view()))).items
        assert {node[:3] for node in found.nodes.values()} == {(each.id, each.name, each.type) for each in known}
        stored = await scribe.relation_of(to_bo.id)
        assert plain([each for each in found.relations if each.id == to_bo.id]) == [plain(stored)]

    async def test_a_hop_begins_at_both_ends_of_visible_facts_too(self, scribe: Scribe) -> None:
        """They are followed as the entities are that are given by themselves; what is hidden leads nowhere."""
        ana, bo, cy, di, ed = (scribe.entity(name) for name in ("Ana", "Bo", "Cy", "Di", "Ed"))
        knows, likes, beyond = (
            scribe.relation(ana, "KNOWS", bo),
            scribe.relation(bo, "LIKES", cy),
            scribe.relation(di, "KNOWS", ed),
        )
        told = [scribe.memory(f"work {each.type}", states=[each]) for each in (knows, likes)]
        hidden = scribe.memory("c", states=[beyond])
        alone = scribe.memory("work", about=[di])
        await scribe.write(ana, bo, cy, di, ed, knows, likes, beyond, *told, hidden, alone)
        view = scribe.view(where=Leaf("text", "contains", "work"))
        found = await hop(scribe, view=view, facts=(knows.id, beyond.id, "nothing"))
        assert found.facts == (knows.id,)
        assert relations(found) == {knows.id, likes.id}
        assert [relation.memory_ids for relation in found.relations if relation.id == knows.id] == [(told[0].id,)]
        assert memories(found) == {told[0].id, told[1].id}
        assert found.degrees == {ana.id: 1, bo.id: 2, cy.id: 1}
        both = await hop(scribe, di, view=view, facts=(knows.id,))
        assert relations(both) == {knows.id, likes.id}
        assert memories(both) == {told[0].id, told[1].id, alone.id}
        assert (await hop(scribe, view=view, facts=(beyond.id,))) == Hop()

    async def test_a_frontier_of_several(self, scribe: Scribe) -> None:
        """What they share is there once; nowhere and nobody lead to nothing."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        memory = scribe.memory(states=[knows])
        await scribe.write(ana, bo, knows, memory)
        found = await hop(scribe, ana, bo, ana, scribe.entity("Nobody"))
        assert [relation.id for relation in found.relations] == [knows.id]
        assert sorted(found.mentions) == sorted([(memory.id, ana.id), (memory.id, bo.id)])
        for nothing in (await hop(scribe), await hop(scribe, scribe.entity("Nobody"))):
            assert (nothing.relations, nothing.mentions, dict(nothing.degrees)) == ((), (), {})

    async def test_loops_cycles_and_parallels(self, scribe: Scribe) -> None:
        """Each relation once, whatever its shape; the same triple may hold in several intervals."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        loop, there, back = (
            scribe.relation(ana, "KNOWS", ana),
            scribe.relation(ana, "KNOWS", bo),
            scribe.relation(bo, "KNOWS", ana),
        )
        parallel = [scribe.relation(ana, "KNOWS", bo, valid_at=scribe.now()) for _ in range(2)]
        memory = scribe.memory(states=[loop, there, back, *parallel])
        await scribe.write(ana, bo, loop, there, back, *parallel, memory)
        for frontier in ((ana,), (ana, bo)):
            found = await hop(scribe, *frontier)
            assert len(found.relations) == 5
            assert relations(found) == {loop.id, there.id, back.id, *(each.id for each in parallel)}
        assert relations(await hop(scribe, bo)) == {there.id, back.id, *(each.id for each in parallel)}

    async def test_relations_may_be_followed_alone(self, scribe: Scribe) -> None:
        """Of the memories' entities nothing is told then."""
        hub, others, knows, _ = await self.star(scribe, 3)
        apart = scribe.entity("Apart")
        await scribe.write(apart, scribe.memory(about=[hub, apart]))
        found = await hop(scribe, hub, memories=False)
        assert (relations(found), found.mentions) == ({each.id for each in knows}, ())
        assert found.nodes.keys() == {hub.id, *(other.id for other in others)}

    async def test_the_last_hop_tells_only_what_it_came_for(self, scribe: Scribe) -> None:
        """Of the memories that they mention the frontier, of a crowded entity the preferred ones; no relations."""
        hub, others, _, told = await self.star(scribe, 7)
        prefer = {"prefer_memories": tuple(told[n].id for n in (4, 1, 3, 2))}
        found = await hop(scribe, hub, others[0], last=True, hub_cap=3, **prefer)
        assert found.relations == ()
        hubs = {(told[n].id, hub.id) for n in (4, 1, 3)}
        assert set(found.mentions) == hubs | {(told[0].id, others[0].id)}
        assert found.degrees == {hub.id: 7, others[0].id: 1}
        assert await hop(scribe, hub, last=True, hub_cap=3) == Hop()
        assert len((await hop(scribe, hub, last=True, hub_cap=7)).mentions) == 7

    async def test_a_memory_that_mentions_somebody_by_two_names_is_followed_once(self, scribe: Scribe) -> None:
        """It takes one place of the cap, and is told once."""
        ana = scribe.entity("Ana")
        names = [Mention(entity_id=ana.id, name=name) for name in ("Ana", "Annie")]
        told = [scribe.memory(about=names) for _ in range(3)]
        await scribe.write(ana, *told)
        newest = tuple(each.id for each in told[:0:-1])
        for cap in (2, 3):
            for last in (False, True):
                found = await hop(scribe, ana, hub_cap=cap, last=last, prefer_memories=newest)
                assert sorted(found.mentions) == sorted((each.id, ana.id) for each in told[-cap:])

    async def test_of_a_hub_the_newest_are_followed(self, scribe: Scribe) -> None:
        """No more than the cap, of relations and of memories each."""
        hub, others, knows, told = await self.star(scribe, 7)
        found = await hop(scribe, hub, hub_cap=3)
        assert relations(found) == {each.id for each in knows[-3:]}
        assert memories(found) == {each.id for each in told[-3:]}
        assert found.degrees == {hub.id: 7, **{other.id: 1 for other in others[-3:]}}

    async def test_the_preferred_come_before_the_newest(self, scribe: Scribe) -> None:
        """Memories and relations alike, up to the cap."""
        hub, _, knows, told = await self.star(scribe, 7)
        prefer = {"prefer_relations": (knows[0].id,), "prefer_memories": (told[1].id, told[2].id)}
        found = await hop(scribe, hub, hub_cap=3, **prefer)
        assert relations(found) == {knows[0].id, *(each.id for each in knows[-2:])}
        assert memories(found) == {told[1].id, told[2].id, told[6].id}
        every = tuple(each.id for each in knows[:5])
        assert relations(await hop(scribe, hub, hub_cap=3, prefer_relations=every)) == {each.id for each in knows[:3]}
        assert memories(await hop(scribe, hub, hub_cap=1, prefer_memories=(told[4].id, told[2].id))) == {told[4].id}

    async def test_the_cap_is_each_entitys_own(self, scribe: Scribe) -> None:
        """A hub in the frontier takes nothing from the others."""
        hub, others, knows, _ = await self.star(scribe, 5)
        found = await hop(scribe, hub, others[0], hub_cap=2)
        assert relations(found) == {knows[0].id, knows[3].id, knows[4].id}

    async def test_the_cap_counts_what_is_visible(self, scribe: Scribe) -> None:
        """What the reader may not see takes no place."""
        hub, _, knows, told = await self.star(scribe, 4)
        hidden = [replace(each, expired_at=scribe.now()) for each in told[2:]]
        await scribe.write(*hidden)
        found = await hop(scribe, hub, hub_cap=2)
        assert relations(found) == {each.id for each in knows[:2]}
        assert memories(found) == {each.id for each in told[:2]}
        found = await hop(scribe, hub, hub_cap=1, prefer_relations=(knows[3].id,))
        assert relations(found) == {knows[1].id}

    async def test_degrees_count_all_of_the_partition(self, scribe: Scribe) -> None:
        """Seen or not: what weighs on a hub is how much there is of it."""
        hub, others, _, told = await self.star(scribe, 4)
        await scribe.write(*(replace(each, expired_at=scribe.now()) for each in told[:3]))
        found = await hop(scribe, hub)
        assert found.degrees == {hub.id: 4, others[3].id: 1}

    async def test_a_walk_keeps_to_its_view(self, scribe: Scribe) -> None:
        """A relation shows through the visible memories that state it, and only they are named."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        both, one = scribe.relation(ana, "KNOWS", bo), scribe.relation(ana, "LIKES", bo)
        work = scribe.memory("at work", states=[both], categories=("work",))
        home = scribe.memory("at home", states=[both, one], categories=("home",))
        await scribe.write(ana, bo, both, one, work, home)
        at_work = scribe.view(where=Leaf("categories", "eq", "work"))
        found = await hop(scribe, ana, view=at_work)
        assert [(each.id, each.memory_ids) for each in found.relations] == [(both.id, (work.id,))]
        assert memories(found) == {work.id}
        whole = await hop(scribe, ana)
        assert {each.id: each.memory_ids for each in whole.relations} == {
            both.id: tuple(sorted([work.id, home.id])),
            one.id: (home.id,),
        }

    # -- relations, asked for as a list

    @pytest.mark.parametrize(
        ("side", "expected"),
        [("subject", {"ab", "aa"}), ("object", {"ca", "aa"}), ("either", {"ab", "ca", "aa"})],
    )
    async def test_relations_of_an_entity_by_side(
        self, scribe: Scribe, side: Literal["subject", "object", "either"], expected: set[str]
    ) -> None:
        """As the subject, as the object, as either; a loop is both."""
        ana, bo, cy = (scribe.entity(name) for name in ("Ana", "Bo", "Cy"))
        pairs = {"ab": (ana, bo), "ca": (cy, ana), "aa": (ana, ana), "bc": (bo, cy)}
        drawn = {name: scribe.relation(a, "KNOWS", b, label=name) for name, (a, b) in pairs.items()}
        await scribe.write(ana, bo, cy, *drawn.values(), scribe.memory(states=list(drawn.values())))
        query = RelationQuery(view=scribe.view(), entities=frozenset({ana.id}), side=side)
        found = (await scribe.store.relations(query)).items
        assert {relation.label for relation in found} == expected
        assert len(found) == len(expected)

    async def test_relations_are_narrowed_by_all_that_is_asked(self, scribe: Scribe) -> None:
        """Entities, types and ids together; an empty set of any of them finds nothing."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows, likes = scribe.relation(ana, "KNOWS", bo), scribe.relation(bo, "LIKES", bo)
        await scribe.write(ana, bo, knows, likes, scribe.memory(states=[knows, likes]))

        async def found(**asked: frozenset[str]) -> set[str]:
            page = await scribe.store.relations(RelationQuery(view=scribe.view(), **asked))  # type: ignore[arg-type]
            return {relation.id for relation in page.items}

        assert await found() == {knows.id, likes.id}
        assert await found(types=frozenset({"KNOWS", "HATES"})) == {knows.id}
        assert await found(ids=frozenset({likes.id}), types=frozenset({"KNOWS"})) == set()
        assert await found(entities=frozenset({bo.id}), types=frozenset({"LIKES"})) == {likes.id}
        for name in ("entities", "types", "ids"):
            assert await found(**{name: frozenset()}) == set()

    # -- names as they are spoken

    async def test_names_are_found_as_they_are_spoken(self, scribe: Scribe) -> None:
        """By their words: names and aliases, folded, without what hangs on them."""
        ana, tea = scribe.entity("Ána-Sofia O'Brien"), scribe.entity("東京タワー")
        memory = scribe.memory(about=[ana, tea, Mention(entity_id=ana.id, name="The C++ Lady")])
        await scribe.write(ana, tea, memory)
        phrases = {" ".join(words(said)) for said in ("ana sofia O'BRIEN's", "the c++ lady", "東京タワー")}
        found = await scribe.store.spoken(scribe.view(), [*phrases, "ana", "nobody", ""])
        assert found == {
            " ".join(words("ana sofia o'brien")): (Node(ana.id, ana.name, None, 1),),
            "the c++ lady": (Node(ana.id, ana.name, None, 1),),
            " ".join(words("東京タワー")): (Node(tea.id, tea.name, None, 1),),
        }

    async def test_names_that_read_the_same_are_all_found(self, scribe: Scribe) -> None:
        """Two keys may have the same words; two owners may have the same name."""
        first, second = scribe.entity("Jean Paul"), scribe.entity("Jean-Paul")
        await scribe.write(first, second, scribe.memory(about=[first, second]))
        other = Scribe(scribe.store, scribe.project)
        third = other.entity("jean paul")
        await other.write(third, other.memory(about=[third]))
        both = scribe.view(owners=(scribe.partition.owner, other.partition.owner))
        found = await scribe.store.spoken(both, ["jean paul"])
        assert [node.id for node in found["jean paul"]] == sorted([first.id, second.id, third.id])

    async def test_a_name_no_longer_used_is_no_longer_found(self, scribe: Scribe) -> None:
        """Nor one that nothing was asked of."""
        ana = scribe.entity("Ana")
        memory = scribe.memory(about=[ana, Mention(entity_id=ana.id, name="Mum")])
        await scribe.write(ana, memory)
        await scribe.write(replace(memory, mentions=scribe.mentions([ana])))
        found = await scribe.store.spoken(scribe.view(), ["mum", "ana"])
        assert found == {"ana": (Node(ana.id, "Ana", None, 1),)}
        assert await scribe.store.spoken(scribe.view(), []) == {}
