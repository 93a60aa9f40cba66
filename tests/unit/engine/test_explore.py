"""`Exploration` against a search that looks at everything, in graphs drawn at random."""

from __future__ import annotations

import random

import pytest

from graphmem.engine.explore import Exploration
from graphmem.models import Entity, Relation
from graphmem.queries import EntityQuery
from graphmem.testing.oracle import OracleStore
from graphmem.testing.worlds import Scribe

pytestmark = pytest.mark.anyio


async def drawn(seed: int) -> tuple[Scribe, list[Entity], list[Relation]]:
    """Ten entities, one of them a hub, and what joins them."""
    dice = random.Random(seed)
    scribe = Scribe(OracleStore())
    people = [scribe.entity(f"Person {number}") for number in range(10)]
    ends = [(people[0], each) for each in people[1:6]]
    ends += [tuple(dice.sample(people, 2)) for _ in range(dice.randint(3, 12))]  # type: ignore[misc]
    dice.shuffle(ends)
    relations = [scribe.relation(one, "KNOWS", other) for one, other in ends]
    await scribe.write(*people, *relations, *(scribe.memory(states=[each]) for each in relations))
    return scribe, people, relations


def within(centre: Entity, relations: list[Relation], depth: int) -> dict[str, int]:
    """The relations that lie within `depth` of the centre, and how far out each begins."""
    reached, found = {centre.id: 0}, dict[str, int]()
    for hop in range(depth):
        here = {entity_id for entity_id, distance in reached.items() if distance == hop}
        for relation in relations:
            ends = {relation.subject_id, relation.object_id}
            if ends & here and relation.id not in found:
                found[relation.id] = hop
                reached |= {end: hop + 1 for end in ends if end not in reached}
    return found


@pytest.mark.parametrize("seed", range(40))
async def test_it_finds_all_that_there_is_room_for(seed: int) -> None:
    """And says rightly whether that is all; nothing that is further out."""
    scribe, people, relations = await drawn(seed)
    seen = {each.id: each for each in (await scribe.store.entities(EntityQuery(view=scribe.view()))).items}
    for depth in (1, 2, 3):
        for centre in people[:2]:
            every = within(centre, relations, depth)
            for limit in (1, 2, 5, max(1, len(every) - 1), max(1, len(every)), 100):
                start = [seen[centre.id]] if centre.id in seen else []
                found = await Exploration(scribe.store, scribe.view(), start, depth=depth, limit=limit).run()
                told = {relation.id for relation in found.relations}
                assert len(found.relations) == len(told) == min(limit, len(every))
                assert told <= every.keys()
                assert found.complete == (len(every) <= limit)
                joined = {end for r in found.relations for end in (r.subject_id, r.object_id)}
                assert {entity.id for entity in found.entities} == joined | {each.id for each in start}
