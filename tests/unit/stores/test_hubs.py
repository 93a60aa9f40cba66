"""Hubs: however much hangs on an entity, a hop looks at a bounded part of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.filters import Leaf
from graphmem.queries import Walk
from graphmem.stores.sqlite import walk

pytestmark = pytest.mark.anyio


async def test_what_lies_deep_under_hidden_things_is_found_when_it_is_preferred(scribe, monkeypatch) -> None:
    monkeypatch.setattr(walk, "_MOST", 6)
    hub = scribe.entity("Hub")
    others = [scribe.entity(f"Other {n}") for n in range(12)]
    knows = [scribe.relation(hub, "KNOWS", other) for other in others]
    # Oldest first; only the first four are of the run that is asked for.
    run = scribe.beside(run_id="7")
    memories = [
        scribe.memory(f"knows {n}", states=[each], **({"scope": run} if n < 4 else {})) for n, each in enumerate(knows)
    ]
    await scribe.write(hub, *others, *knows, *memories)
    view = scribe.view(where=Leaf("run_id", "eq", "7"))

    async def hop(**over):
        found = await scribe.store.walk(Walk(view=view, entity_ids=(hub.id,), hub_cap=3, **over))
        return [each.id for each in found.relations], sorted({memory for memory, _ in found.mentions})

    assert await hop() == ([], [])
    prefer = {"prefer_relations": (knows[1].id,), "prefer_memories": (memories[1].id,)}
    assert await hop(**prefer) == ([knows[1].id], [memories[1].id])
    newest = [replace(each, scope=run) for each in memories[-4:]]
    await scribe.write(*newest)
    relations, reached = await hop()
    assert sorted(relations) == sorted(each.id for each in knows[-3:])
    assert reached == sorted(each.id for each in newest[-3:])


async def test_without_a_bound_in_the_way_the_newest_visible_are_found(scribe) -> None:
    hub = scribe.entity("Hub")
    seen = scribe.memory("seen", about=[hub], categories=("a",))
    hidden = [scribe.memory(f"hidden {n}", about=[hub]) for n in range(50)]
    await scribe.write(hub, seen, *hidden)
    view = scribe.view(where=Leaf("categories", "eq", "a"))
    found = await scribe.store.walk(Walk(view=view, entity_ids=(hub.id,), hub_cap=2))
    assert found.mentions == ((seen.id, hub.id),)
