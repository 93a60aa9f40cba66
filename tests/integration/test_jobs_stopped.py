"""Jobs and those who do them: what is begun by one that stops or dies is done by the next, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from graphmem.client.local import LocalBackend
from graphmem.engine import Engine, leases
from graphmem.engine.jobs import Job, Jobs, Run
from graphmem.engine.leases import LEASE
from tests.support.jobs import HOUSE, Probe, drained, note, submit, working
from tests.support.soundness import everything

pytestmark = pytest.mark.anyio


# -- stops


async def test_what_is_under_way_at_a_stop_is_done_by_the_next(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    probe.hold("x")
    job = await submit(jobs, "x")
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["x"])
    found = await jobs.get("default", job.id)
    assert (found.status, found.attempts) == ("PENDING", 0)
    assert await memory.engine.parts.store.settings(HOUSE, "lane:") == []
    probe.let("x")
    async with working(jobs):
        assert (await jobs.done("default", job.id)).attempts == 1


def later(engine: Engine, by: timedelta) -> Jobs:
    """A worker of another process, whose clock is ahead."""
    clock = engine.parts.clock
    return Jobs(replace(engine.parts, lock=None, clock=lambda: clock() + by))


async def test_a_worker_that_died_holds_nobody_up_for_long(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    """The first never comes to an end, and does not let go."""
    probe.hold("x")
    parts = replace(memory.engine.parts, lock=None)
    dead = Jobs(parts)
    dead.register("probe", probe.do)
    job = await submit(dead, "x")
    async with working(dead):
        await probe.until(lambda: probe.begun == ["x"])
        early, late = later(memory.engine, LEASE / 2), later(memory.engine, LEASE * 2)
        taken = Probe(early)
        async with working(early):
            assert await jobs.waiting() == 1
            await jobs.done("default", (await submit(early, "y", "other")).id)
            assert taken.begun == ["y"]
        taken = Probe(late)
        async with working(late):
            found = await late.done("default", job.id)
        assert (taken.begun, found.status, found.attempts) == (["x"], "SUCCEEDED", 2)
        probe.let("x")  # it comes back to life, and has nothing to say
        await probe.until(lambda: probe.ended == ["x"])
    assert (await jobs.get("default", job.id)).attempts == 2


async def test_a_long_job_keeps_its_lane(
    memory: LocalBackend, jobs: Jobs, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    other = Jobs(replace(memory.engine.parts, lock=None))
    taken = Probe(other)
    probe.hold("x")
    job = await submit(jobs, "x")
    renewed: set[str] = set()
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["x"])
        async with working(other):
            while len(renewed) < 8:
                [(_, _, lease)] = await memory.engine.parts.store.settings(HOUSE, "lane:")
                renewed.add(lease["until"])
            probe.let("x")
            await jobs.done("default", job.id)
    assert (probe.ended, taken.begun) == (["x"], [])


async def test_whoever_has_lost_the_lane_leaves_it(
    memory: LocalBackend, jobs: Jobs, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood still for too long, and another one took its place."""
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.1))
    store = memory.engine.parts.store
    probe.hold("x")
    job = await submit(jobs, "x")
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["x"])
        [(_, name, _)] = await store.settings(HOUSE, "lane:")
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        foreign = {"worker": "another", "place": None, "until": until}
        await store.put_setting(HOUSE, name, foreign)
        while (await jobs.get("default", job.id)).status == "RUNNING":
            await anyio.lowlevel.checkpoint()
        assert (await jobs.get("default", job.id)).attempts == 0
        assert await store.setting(HOUSE, name) == foreign
    assert probe.begun == ["x"]


async def test_whoever_has_the_folder_need_not_wait_for_the_dead(memory: LocalBackend, probe: Probe) -> None:
    engine = memory.engine
    first, second = Jobs(engine.parts), Jobs(engine.parts)
    await first.worker._leases.take("x")
    assert await second.worker._leases.take("x") is None
    foreign = Jobs(replace(engine.parts, lock=None))
    assert await foreign.worker._leases.take("x") is not None
    assert await first.worker._leases.renew() == ["x"]
    await second.worker._leases.release("x")
    assert await foreign.worker._leases.take("x") is None


async def test_what_the_dead_held_is_swept(memory: LocalBackend) -> None:
    store = memory.engine.parts.store
    alive = Jobs(replace(memory.engine.parts, lock=None))
    await Jobs(memory.engine.parts).worker._leases.take("dead")
    await alive.worker._leases.take("alive")
    mine = memory.engine.jobs.worker
    await mine._leases.take("mine")
    await mine.sweep()
    assert [name for _, name, _ in await store.settings(HOUSE, "lane:")] == ["lane:alive", "lane:mine"]


async def test_five_deaths_are_enough(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    job = await submit(jobs, "x")
    store = memory.engine.parts.store
    [(_, name, said)] = await store.settings(HOUSE, "queue:")
    await store.put_setting(HOUSE, name, {**said, "status": "RUNNING", "attempts": 5})
    async with working(jobs):
        found = await jobs.done("default", job.id)
    assert (found.status, probe.begun) == ("FAILED", [])
    assert "5 times" in str(found.error)


async def test_a_death_right_after_the_end_is_seen(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    """The end is noted, and the job still in the queue."""
    store = memory.engine.parts.store
    job = await submit(jobs, "x")
    [(_, name, said)] = await store.settings(HOUSE, "queue:")
    async with working(jobs):
        await jobs.done("default", job.id)
        await drained(jobs)
    for left in ({"work:" + job.id: "{}"}, {}):
        for each, value in left.items():
            await store.put_setting(HOUSE, each, value)
        await store.put_setting(HOUSE, name, {**said, "status": "RUNNING", "attempts": 1})
        again = Jobs(memory.engine.parts)
        Probe(again)
        async with working(again):
            await drained(again)
    assert probe.begun == ["x"]
    assert await store.settings(HOUSE, "work:") == []


async def test_a_job_without_its_work_is_dropped(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    job = await submit(jobs, "x")
    await memory.engine.parts.store.put_setting(HOUSE, "work:" + job.id, None)
    async with working(jobs):
        await drained(jobs)
    assert probe.begun == []


async def test_a_submission_that_was_cut_off_leaves_nothing(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    store = memory.engine.parts.store
    old = "work:0190ad6e-0000-7000-8000-000000000000"
    job = await submit(jobs, "waits", "held")
    fresh = "work:" + job.id[:-4] + "0000"
    for name in (old, fresh):
        await store.put_setting(HOUSE, name, '{"messages": "half"}')
    probe.hold("waits")
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["waits"])
        left = {name for _, name, _ in await store.settings(HOUSE, "work:")}
    assert left == {fresh, "work:" + job.id}  # a fresh one may be a submission under way
    assert await store.setting(HOUSE, "purge_owed")
    await Jobs(replace(memory.engine.parts, lock=None)).worker.sweep()
    assert await store.setting(HOUSE, fresh)  # elsewhere, others may be slow
    await Jobs(memory.engine.parts).worker.sweep()
    assert await store.setting(HOUSE, fresh) is None


async def _dies_after_apply(memory: LocalBackend, text: str) -> Job:
    """An add that was carried out by a worker that died before it could say so."""
    store = memory.engine.parts.store
    job = await memory.add_queued(note(text, relations=[("Ana", "SAILS_TO", text)]))
    [(_, name, said)] = await store.settings(HOUSE, "queue:")
    work = await store.setting(HOUSE, "work:" + job.id)
    async with working(memory.engine.jobs):
        done = await memory.engine.jobs.done("default", job.id)
        await drained(memory.engine.jobs)
    noted = [{"id": each["id"], "event": each["event"]} for each in done.results]
    await store.put_setting("default", "event:" + job.id, None)
    await store.put_setting(HOUSE, "work:" + job.id, work)
    await store.put_setting(HOUSE, name, {**said, "status": "RUNNING", "attempts": 1, "noted": noted})
    return job


async def test_what_was_carried_out_is_not_done_again(memory: LocalBackend, jobs: Jobs) -> None:
    job = await _dies_after_apply(memory, "Faro")
    before = await everything(memory.engine.parts.store)
    again = Jobs(memory.engine.parts)
    again.register("add", _never)
    async with working(again):
        found = await again.done("default", job.id)
    assert (found.status, [each["memory"] for each in found.results]) == ("SUCCEEDED", ["Faro"])
    after = await everything(memory.engine.parts.store)
    assert (after.memories, after.revisions) == (before.memories, before.revisions)


async def _never(_: Run) -> list[dict[str, Any]]:
    raise AssertionError("it is done already")


async def test_nor_after_its_memory_was_deleted(memory: LocalBackend, jobs: Jobs) -> None:
    job = await _dies_after_apply(memory, "Faro")
    [held] = (await memory.get_all({"user_id": "ana"}))["results"]
    await memory.delete(held["id"])
    await memory.purge()  # the store forgets what it has applied
    async with working(memory.engine.jobs):
        found = await jobs.done("default", job.id)
    assert (found.status, found.results) == ("SUCCEEDED", ())
    assert (await memory.get_all({"user_id": "ana"}))["results"] == []


async def test_the_store_itself_writes_a_job_once(memory: LocalBackend, jobs: Jobs) -> None:
    """Nothing was noted (an unlucky death): the same change is refused by its id."""
    store = memory.engine.parts.store
    job = await _dies_after_apply(memory, "Faro")
    [(_, name, said)] = await store.settings(HOUSE, "queue:")
    await store.put_setting(HOUSE, name, {**said, "noted": None})
    again = Jobs(memory.engine.parts)
    again.register("add", memory.engine.adds._do)
    async with working(again):
        found = await again.done("default", job.id)
    assert found.status == "SUCCEEDED"
    assert [each["memory"] for each in (await memory.get_all({"user_id": "ana"}))["results"]] == ["Faro"]
