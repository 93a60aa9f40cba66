"""Operations in batches come out as if they had been carried out one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphmem.changes import DropEpisode, DropMemory
from graphmem.errors import Conflict
from graphmem.models import Event
from graphmem.stores.sqlite.batches import batches
from graphmem.testing.oracle import OracleStore
from graphmem.testing.worlds import Scribe, operations, stale, world

pytestmark = pytest.mark.anyio


def count(*things) -> int:
    return len(list(batches(operations(things))))


def test_what_planning_writes_is_one_batch() -> None:
    scribe = Scribe(OracleStore())
    ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
    knows, likes = scribe.relation(ana, "KNOWS", bo), scribe.relation(ana, "LIKES", bo)
    said = scribe.episode()
    one, two = scribe.memory(states=[knows], of=[said]), scribe.memory(states=[likes], of=[said])
    old, heard = scribe.memory(), scribe.episode()
    things = (said, ana, bo, knows, one, scribe.revision(one), likes, two, scribe.revision(two))
    assert count(*things) == 1
    assert count(*things, DropMemory(old.id), scribe.revision(old, Event.DELETE), DropEpisode(heard.id)) == 1


def test_what_depends_on_the_order_waits() -> None:
    scribe = Scribe(OracleStore())
    ana = scribe.entity("Ana")
    said, memory = scribe.episode(), scribe.memory(about=[ana])
    linked = replace(memory, episode_ids=(said.id,))
    added = scribe.revision(memory)
    assert count(memory, replace(memory, text="again")) == 2
    assert count(memory, DropMemory(memory.id)) == 2
    assert count(DropMemory(memory.id), memory) == 2
    assert count(added, DropMemory(memory.id)) == 2
    assert count(memory, ana) == 2
    assert count(DropEpisode(said.id), linked) == 2
    assert count(linked, DropEpisode(said.id)) == 1
    assert count() == 1


async def test_every_order_comes_out_as_in_the_oracle(store) -> None:
    for case in range(8):
        oracle, project = OracleStore(), f"project-{case}"
        both = [Scribe(each, project, user_id="ana") for each in (oracle, store)]
        first = both[0]
        ana, bo = first.entity("Ana"), first.entity("Bo")
        knows = first.relation(ana, "KNOWS", bo)
        said, memory = first.episode("said"), first.memory("first", states=[knows])
        linked = replace(memory, text="linked", episode_ids=(said.id,))
        alone = replace(memory, text="alone", relation_ids=(), mentions=first.mentions([ana]))
        added, dropped = first.revision(memory), first.revision(memory, Event.DELETE)
        things = [
            (memory, linked, alone),
            (alone, linked),
            (memory, added, DropMemory(memory.id), dropped),
            (memory, DropMemory(memory.id), memory, added),
            (linked, DropEpisode(said.id)),
            (DropEpisode(said.id), said, linked),
            (added, memory, DropMemory(memory.id)),
            (DropMemory(memory.id), dropped, memory, replace(knows, label="met"), added),
        ][case]
        for scribe in both:
            await scribe.write(said, ana, bo, knows, memory)
            await scribe.write(*things)
        worlds = [await world(scribe.store, project, owners=["user:ana"], revisions=True) for scribe in both]
        assert worlds[0] == worlds[1], things
        marks = {mark.id: mark for mark in await oracle.pending(100)}
        assert await stale(store, marks) == marks


async def test_a_reference_forward_is_a_conflict(scribe) -> None:
    ana, bo = scribe.entity("Ana"), scribe.entity("Bo")
    knows = scribe.relation(ana, "KNOWS", bo)
    said, memory = scribe.episode(), scribe.memory(states=[knows])
    for things in (
        (memory, ana, bo, knows),
        (knows, ana, bo, memory),
        (ana, bo, replace(memory, relation_ids=(), episode_ids=(said.id,)), said),
        (said, ana, bo, DropEpisode(said.id), replace(memory, relation_ids=(), episode_ids=(said.id,))),
    ):
        with pytest.raises(Conflict):
            await scribe.write(*things)
    assert await scribe.sequence() == 0
