"""`around`: the relations of entities, one entity after another, up to a limit, and who is at their ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from graphmem.filters import Leaf
from graphmem.models import Entity, Relation, Subgraph
from graphmem.queries import Around, EntityQuery
from graphmem.testing.suite.base import StoreSuite
from graphmem.testing.worlds import TODAY, Scribe, plain

__all__ = ["ExploreTests"]

DAY = timedelta(days=1)


async def around(scribe: Scribe, *entities: Entity, **asked: object) -> Subgraph:
    """What lies around these entities; at most a hundred relations, unless it is said how many."""
    over = {"view": scribe.view(), "limit": 100, **asked}
    return await scribe.store.around(Around(entity_ids=tuple(each.id for each in entities), **over))  # type: ignore[arg-type]


def ids(found: Subgraph) -> list[str]:
    """The relations, in their order."""
    return [relation.id for relation in found.relations]


def counts(found: Subgraph) -> dict[str, int]:
    """How many memories mention each entity."""
    return {entity.id: entity.mention_count for entity in found.entities}


async def chain(scribe: Scribe, *names: str) -> tuple[list[Entity], list[Relation]]:
    """Entities of which each knows the next, each relation stated by a memory of its own."""
    people = [scribe.entity(name) for name in names]
    knows = [scribe.relation(one, "KNOWS", other) for one, other in pairwise(people)]
    await scribe.write(*people, *knows, *(scribe.memory(f"fact {n}", states=[each]) for n, each in enumerate(knows)))
    return people, knows


class ExploreTests(StoreSuite):
    """What is around entities: which relations, in which order, how many, and who they join."""

    async def test_around_somebody_is_what_points_either_way(self, scribe: Scribe) -> None:
        """The relations as they are read otherwise, with both ends, and nothing further out."""
        (ana, bo, cy, _), (first, second, _) = await chain(scribe, "Ana", "Bo", "Cy", "Di")
        found = await around(scribe, bo)
        assert ids(found) == [second.id, first.id]
        read = (await scribe.store.entities(EntityQuery(view=scribe.view()))).items
        assert sorted(map(str, plain(found.entities))) == sorted(
            str(plain(each)) for each in read if each.id in {ana.id, bo.id, cy.id}
        )
        assert plain(found.relations) == [plain(await scribe.relation_of(each.id)) for each in (second, first)]

    async def test_the_first_come_first_and_of_each_the_newest(self, scribe: Scribe) -> None:
        """What two share is told once, with the first of them."""
        (ana, bo, cy, di), (first, second, third) = await chain(scribe, "Ana", "Bo", "Cy", "Di")
        assert ids(await around(scribe, ana, cy, bo)) == [first.id, third.id, second.id]
        assert ids(await around(scribe, di, bo, ana)) == [third.id, second.id, first.id]
        assert ids(await around(scribe, bo, bo, di)) == [second.id, first.id, third.id]

    async def test_the_limit_is_that_of_all_together(self, scribe: Scribe) -> None:
        """The last that are asked for come in only where the first left room; ends are of what is told."""
        (ana, bo, cy, di), (first, second, third) = await chain(scribe, "Ana", "Bo", "Cy", "Di")
        assert ids(await around(scribe, bo, di, limit=1)) == [second.id]
        found = await around(scribe, ana, cy, limit=2)
        assert ids(found) == [first.id, third.id]
        assert set(counts(found)) == {ana.id, bo.id, cy.id, di.id}
        assert ids(await around(scribe, ana, bo, di, limit=2)) == [first.id, second.id]

    async def test_what_is_known_takes_no_place(self, scribe: Scribe) -> None:
        """It is left out as if it were not there."""
        (_, bo, cy, di), (first, second, third) = await chain(scribe, "Ana", "Bo", "Cy", "Di")
        found = await around(scribe, bo, cy, known=(second.id, "nothing"), limit=1)
        assert ids(found) == [first.id]
        found = await around(scribe, cy, known=(second.id,), limit=1)
        assert (ids(found), set(counts(found))) == ([third.id], {cy.id, di.id})

    async def test_types_confine_what_is_told(self, scribe: Scribe) -> None:
        """An empty set of them tells nothing."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows, likes = scribe.relation(ana, "KNOWS", bo), scribe.relation(ana, "LIKES", ana)
        await scribe.write(ana, bo, knows, likes, scribe.memory(states=[knows, likes]))
        cases: tuple[tuple[set[str] | None, list[str]], ...] = (
            (None, [likes.id, knows.id]),
            ({"KNOWS", "HATES"}, [knows.id]),
            (set(), []),
        )
        for types, expected in cases:
            assert ids(await around(scribe, ana, types=None if types is None else frozenset(types))) == expected

    async def test_nobody_has_nothing_around(self, scribe: Scribe) -> None:
        """Neither an unknown entity, nor none, nor one that is alone."""
        alone = scribe.entity("Alone")
        await scribe.write(alone, scribe.memory(about=[alone]))
        for entities in ((), (scribe.entity("Nobody"),), (alone,)):
            assert await around(scribe, *entities) == Subgraph()

    async def test_a_view_decides_what_is_told(self, scribe: Scribe) -> None:
        """A relation shows through visible memories; what is hidden takes no place of the limit."""
        ana, bo, cy = (scribe.entity(name) for name in ("Ana", "Bo", "Cy"))
        old, both, new = (scribe.relation(ana, "KNOWS", each) for each in (bo, bo, cy))
        work = scribe.memory("at work", states=[old, both], categories=("work",))
        home = scribe.memory("at home", states=[both, new], categories=("home",))
        await scribe.write(ana, bo, cy, old, both, new, work, home)
        at_work = scribe.view(where=Leaf("categories", "eq", "work"))
        found = await around(scribe, ana, view=at_work, limit=2)
        assert [(each.id, each.memory_ids) for each in found.relations] == [(both.id, (work.id,)), (old.id, (work.id,))]
        assert counts(found) == {ana.id: 1, bo.id: 1}
        assert counts(await around(scribe, ana)) == {ana.id: 2, bo.id: 2, cy.id: 1}

    async def test_what_is_retired_or_past_its_day_is_not_counted(self, scribe: Scribe) -> None:
        """By id, by name and around others alike; nor twice where it is both, or mentions somebody by two names."""
        ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
        knows = scribe.relation(ana, "KNOWS", bo)
        told = [
            scribe.memory("stays", states=[knows]),
            scribe.memory("stays too", about=[ana], expiration_date=TODAY),
            scribe.memory("retired", states=[knows], expired_at=scribe.now()),
            scribe.memory("past", states=[knows], expiration_date=TODAY - DAY),
            scribe.memory("both", about=[ana], expired_at=scribe.now(), expiration_date=TODAY - DAY),
        ]
        twice = scribe.mentions([ana]) + scribe.mentions([replace(ana, name="Annie")])
        told.append(scribe.memory("by two names", about=twice, expired_at=scribe.now()))
        await scribe.write(ana, bo, knows, *told)
        mine = Leaf("user_id", "eq", scribe.scope.user_id or "")
        cases: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
            ({}, {ana.id: 2, bo.id: 1}),
            ({"where": mine}, {ana.id: 2, bo.id: 1}),
            ({"include_superseded": True}, {ana.id: 4, bo.id: 2}),
            ({"include_expired": True}, {ana.id: 3, bo.id: 2}),
            ({"include_superseded": True, "include_expired": True}, {ana.id: 6, bo.id: 3}),
            ({"owners": None}, {ana.id: 2, bo.id: 1}),
        )
        for over, expected in cases:
            view = scribe.view(**over)
            assert counts(await around(scribe, ana, view=view)) == expected, over
            by_id = EntityQuery(view=view, ids=frozenset(expected))
            by_name = EntityQuery(view=view, names=frozenset({"ana", "bo"}))
            for query in (by_id, by_name, EntityQuery(view=view)):
                page = await scribe.store.entities(query)
                assert {each.id: each.mention_count for each in page.items} == expected, (over, query)
