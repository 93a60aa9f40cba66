"""Jobs: asked for now, done later, in order and side by side, and tried again after what may pass."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from graphmem.client.local import LocalBackend
from graphmem.engine import queue, worker
from graphmem.engine.jobs import Jobs, Run
from graphmem.engine.worker import LANES, TURN, pause_after
from graphmem.errors import Conflict, InvalidInput, ModelAnswerInvalid, ModelUnavailable, NotFound, Unavailable
from graphmem.ids import new_id
from tests.support.jobs import HOUSE, Probe, drained, note, submit, working
from tests.support.soundness import unsound

pytestmark = pytest.mark.anyio


# -- adds


async def test_an_add_is_done_later_and_says_what_came_of_it(memory: LocalBackend, jobs: Jobs) -> None:
    job = await memory.add_queued(note("Ana leads Atlas", relations=[("Ana", "LEADS", "Atlas")]))
    assert (job.status, job.kind, job.lane, job.attempts) == ("PENDING", "add", "user:ana", 0)
    waiting = await jobs.get("default", job.id)
    assert (waiting.status, waiting.payload["messages"]) == ("PENDING", "Ana leads Atlas")
    assert (await memory.get_all({"user_id": "ana"}))["results"] == []
    async with working(jobs):
        done = await jobs.done("default", job.id)
    [memory_view] = (await memory.get_all({"user_id": "ana"}))["results"]
    assert done.status == "SUCCEEDED"
    assert done.results == ({"id": memory_view["id"], "event": "ADD", "memory": "Ana leads Atlas"},)
    assert (done.attempts, done.error, done.payload, done.lane) == (1, None, {}, None)
    assert done.started_at is not None
    assert done.completed_at is not None
    assert done.created_at <= done.started_at <= done.completed_at
    assert (await memory.search({"query": "who leads Atlas?", "user_id": "ana"}))["results"]  # it is in the index, too
    assert await jobs.waiting() == 0


async def test_what_is_wrong_is_said_at_the_door(memory: LocalBackend, jobs: Jobs) -> None:
    for wrong in (
        {"messages": "whose?"},
        {"user_id": "ana"},
        note("x", colour="red"),
        note("", infer=True),
        note([{"role": "pirate", "content": "x"}]),  # type: ignore[arg-type]
        note("x", timestamp="yesterday"),
    ):
        with pytest.raises(InvalidInput):
            await memory.add_queued(wrong)
    assert await jobs.listed("default") == []
    assert await memory.engine.parts.store.settings(HOUSE, "work:") == []


async def test_a_setting_that_only_begins_like_an_event_is_none(memory: LocalBackend, jobs: Jobs) -> None:
    for value in ({"is": "else"}, ["x"], 1):
        await memory.engine.parts.store.put_setting("default", "event:1", value)
        assert await jobs.listed("default") == []
        await jobs.tidy()


async def test_it_was_said_when_it_was_sent(memory: LocalBackend, jobs: Jobs) -> None:
    then = datetime(2020, 2, 3, 4, 5, tzinfo=UTC)
    told = [await memory.add_queued(note("now")), await memory.add_queued(note("then", timestamp=then))]
    async with working(jobs):
        for job in told:
            await jobs.done("default", job.id)
    found = {each["memory"]: each["observed_at"] for each in (await memory.get_all({"user_id": "ana"}))["results"]}
    assert found == {"now": told[0].created_at.isoformat(), "then": then.isoformat()}


async def test_what_no_store_takes_is_no_obstacle_where_nobody_looks(memory: LocalBackend, jobs: Jobs) -> None:
    messages = [{"role": "system", "content": "a\0b\ud800"}, {"role": "user", "content": "Ana sails"}]
    job = await memory.add_queued(note(messages))  # type: ignore[arg-type]
    async with working(jobs):
        assert (await jobs.done("default", job.id)).results[0]["memory"] == "Ana sails"


async def test_adds_of_an_owner_come_in_order_also_those_of_its_runs(memory: LocalBackend, jobs: Jobs) -> None:
    told = [await memory.add_queued(note(f"note {n}", run_id=str(n % 3))) for n in range(TURN * 2 + 3)]
    async with working(jobs):
        for job in told:
            await jobs.done("default", job.id)
    page = await memory.get_all({"user_id": "ana"})
    by_age = sorted(page["results"], key=lambda each: each["created_at"])
    assert [each["memory"] for each in by_age] == [f"note {n}" for n in range(TURN * 2 + 3)]
    assert await unsound(memory.engine.parts.store, memory.engine.parts.index) == []


async def test_a_text_that_was_deleted_is_gone_from_the_event(memory: LocalBackend, jobs: Jobs) -> None:
    job = await memory.add_queued(note("Ana sails"))
    async with working(jobs):
        [result] = (await jobs.done("default", job.id)).results
    await memory.delete(result["id"])
    assert (await jobs.get("default", job.id)).results == ({"id": result["id"], "event": "ADD", "memory": None},)
    await memory.purge()
    assert (await jobs.get("default", job.id)).results == ()


# -- who may ask


async def test_a_job_is_its_projects(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    job = await submit(jobs, "mine")
    for stranger, asked in (("other", job.id), ("default", new_id())):
        with pytest.raises(NotFound) as caught:
            await jobs.get(stranger, asked)
        assert caught.value.kind == "event"
    assert await jobs.listed("other") == []
    async with working(jobs):
        await jobs.done("default", job.id)
    with pytest.raises(NotFound):
        await jobs.get("other", job.id)
    assert await jobs.listed("other") == []


async def test_jobs_are_listed_newest_first_page_by_page(jobs: Jobs, probe: Probe) -> None:
    told = [await submit(jobs, f"{n}") for n in range(5)]
    async with working(jobs):
        await jobs.done("default", told[-1].id)
    told += [await submit(jobs, f"{n}") for n in range(5, 8)]
    newest = [job.id for job in reversed(told)]
    assert [job.id for job in await jobs.listed("default")] == newest
    first = await jobs.listed("default", limit=4)
    assert [job.status for job in first] == ["PENDING"] * 3 + ["SUCCEEDED"]
    rest = await jobs.listed("default", limit=4, before=first[-1].id)
    assert [job.id for job in (*first, *rest)] == newest


async def test_quiet_kinds_leave_no_record(memory: LocalBackend, jobs: Jobs) -> None:
    heard: list[str] = []

    async def do(run: Run) -> list[dict[str, Any]]:
        heard.append(run.job.id)
        return [{"id": new_id(), "event": "ADD"}]

    jobs.register("quiet", do, listed=False)
    job = await jobs.submit("default", "quiet", {}, lane="q")
    with pytest.raises(NotFound):
        await jobs.get("default", job.id)
    async with working(jobs):
        await drained(jobs)
    assert heard == [job.id]
    assert await jobs.listed("default") == []
    assert await memory.engine.parts.store.settings("default", "event:") == []


# -- order


async def test_a_lane_is_a_queue_and_lanes_go_side_by_side(jobs: Jobs, probe: Probe) -> None:
    probe.hold("a1", "b1")
    a = [await submit(jobs, f"a{n}", "a") for n in (1, 2)]
    b = [await submit(jobs, f"b{n}", "b") for n in (1, 2)]
    async with working(jobs):
        await probe.until(lambda: len(probe.begun) == 2)
        assert sorted(probe.begun) == ["a1", "b1"]
        assert (await jobs.get("default", a[0].id)).status == "RUNNING"
        assert await jobs.waiting("default", "a") == 2
        probe.let("b1")
        await jobs.done("default", b[1].id)
        assert probe.begun[2:] == ["b2"]
        probe.let("a1")
        await jobs.done("default", a[1].id)
    assert probe.ended == ["b1", "b2", "a1", "a2"]


async def test_no_more_lanes_than_there_is_room_for(jobs: Jobs, probe: Probe) -> None:
    names = [f"{n}" for n in range(LANES + 2)]
    probe.hold(*names)
    told = [await submit(jobs, name, name) for name in names]
    async with working(jobs):
        await probe.until(lambda: len(probe.begun) == LANES)
        other = Probe(jobs, "other")  # another kind has room of its own
        await jobs.done("default", (await jobs.submit("default", "other", {"name": "x"}, lane="x")).id)
        assert other.ended == ["x"]
        assert len(probe.begun) == LANES
        for name in names:
            probe.let(name)
        for job in told:
            await jobs.done("default", job.id)
    assert sorted(probe.ended) == names


async def test_a_long_queue_does_not_keep_others_waiting(jobs: Jobs, probe: Probe) -> None:
    for lane in range(LANES):
        for n in range(TURN + 5):
            await submit(jobs, f"{lane}.{n}", f"{lane}")
    late = await submit(jobs, "late", "late")
    async with working(jobs):
        await jobs.done("default", late.id)
        assert len(probe.ended) <= LANES * (TURN + 2)
        await drained(jobs)
    for lane in range(LANES):
        mine = [name for name in probe.ended if name.startswith(f"{lane}.")]
        assert mine == [f"{lane}.{n}" for n in range(TURN + 5)]


async def test_several_workers_share_and_nobody_overtakes(memory: LocalBackend) -> None:
    parts = replace(memory.engine.parts, lock=None)  # as on a server that others use, too
    workers = [Jobs(parts) for _ in range(3)]
    under_way: set[str] = set()
    done: list[tuple[str, int]] = []

    async def do(run: Run) -> list[dict[str, Any]]:
        lane, number = run.job.payload["lane"], run.job.payload["number"]
        assert lane not in under_way
        under_way.add(lane)
        await anyio.lowlevel.checkpoint()
        under_way.discard(lane)
        done.append((lane, number))
        return []

    for each in workers:
        each.register("count", do)
    lanes = [f"lane {n}" for n in range(5)]
    async with working(*workers):
        for number in range(12):
            for place, lane in enumerate(lanes):
                jobs = workers[(number + place) % 3]
                await jobs.submit("default", "count", {"lane": lane, "number": number}, lane=lane)
        await drained(workers[0])
    assert {lane: [number for where, number in done if where == lane] for lane in lanes} == {
        lane: list(range(12)) for lane in lanes
    }


# -- what goes wrong


@pytest.mark.parametrize("kind", [Unavailable, ModelUnavailable, Conflict])
async def test_what_may_pass_is_tried_again(jobs: Jobs, probe: Probe, kind: type[Exception]) -> None:
    probe.raising["x"] = [kind("not now"), kind("not yet")]
    job, after = await submit(jobs, "x"), await submit(jobs, "after")
    async with working(jobs):
        await jobs.done("default", after.id)
    found = await jobs.get("default", job.id)
    assert (found.status, found.attempts, found.error) == ("SUCCEEDED", 3, None)
    assert probe.ended == ["x", "after"]  # nobody overtakes what has to wait


async def test_five_times_are_enough(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    pauses: list[int] = []
    jobs.worker.pause = lambda attempt: pauses.append(attempt) or 0.0  # type: ignore[func-returns-value]
    probe.raising["x"] = [Unavailable("The disk is full.", hint="Free some space.") for _ in range(9)]
    job = await submit(jobs, "x")
    async with working(jobs):
        found = await jobs.done("default", job.id)
    assert (found.status, found.attempts) == ("FAILED", 5)
    assert found.error == "The disk is full. Free some space."
    assert pauses == [1, 2, 3, 4]


def test_pauses_grow_and_differ() -> None:
    for attempt, usual in enumerate((2, 8, 32, 128), start=1):
        drawn = {pause_after(attempt) for _ in range(50)}
        assert len(drawn) > 40
        assert usual / 2 <= min(drawn) < max(drawn) <= usual * 1.5


async def test_a_pause_is_kept(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    jobs.worker.pause = lambda _: 3600.0
    probe.raising["x"] = [Unavailable("not now")]
    job = await submit(jobs, "x")
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["x"])
        await jobs.done("default", (await submit(jobs, "y", "another lane")).id)
        await submit(jobs, "z")
        await jobs.done("default", (await submit(jobs, "w", "another lane")).id)
    found = await jobs.get("default", job.id)
    assert (found.status, found.attempts) == ("PENDING", 1)
    assert probe.begun == ["x", "y", "w"]


async def test_a_failure_may_say_how_long_to_wait(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    probe.raising["x"] = [ModelUnavailable("busy", retry_after=3600)]
    await submit(jobs, "x")
    async with working(jobs):
        await probe.until(lambda: probe.begun == ["x"])
        await jobs.done("default", (await submit(jobs, "y", "another lane")).id)
    [waiting] = await memory.engine.parts.store.settings(HOUSE, "queue:")
    due = datetime.fromisoformat(waiting[2]["due"]) - datetime.now(UTC)
    assert timedelta(seconds=500) < due <= timedelta(seconds=600)  # but not for ever


async def test_what_will_not_pass_fails_at_once(jobs: Jobs, probe: Probe) -> None:
    probe.raising["x"] = [ModelAnswerInvalid("It said nonsense.", hint="Use another model.")]
    job = await submit(jobs, "x")
    async with working(jobs):
        found = await jobs.done("default", job.id)
    assert (found.status, found.attempts, found.error) == ("FAILED", 1, "It said nonsense. Use another model.")


async def test_the_unforeseen_is_not_told(jobs: Jobs, probe: Probe, caplog: pytest.LogCaptureFixture) -> None:
    probe.raising["x"] = [ValueError("Quenby conspires")]
    job, after = await submit(jobs, "x"), await submit(jobs, "after")
    with caplog.at_level(logging.ERROR, "graphmem"):
        async with working(jobs):
            await jobs.done("default", after.id)
    found = await jobs.get("default", job.id)
    assert (found.status, found.error) == ("FAILED", "Internal error; the server's log tells more.")
    assert "ValueError" in caplog.text
    assert "Quenby" not in caplog.text


async def test_a_kind_that_is_not_known_fails(jobs: Jobs) -> None:
    job = await jobs.submit("default", "juggling", {}, lane="x")
    async with working(jobs):
        assert "juggling" in str((await jobs.done("default", job.id)).error)


async def test_a_store_that_is_away_is_waited_for(
    memory: LocalBackend, jobs: Jobs, probe: Probe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "POLL", 0.01)
    store, away = memory.engine.parts.store, [True]
    settings = store.settings

    asked = anyio.Event()

    async def sometimes(*given: Any, **more: Any) -> Any:
        if away and given[:1] == (HOUSE,):
            away.append(True)
            if len(away) > 2:
                asked.set()
            raise Unavailable("The store is away.")
        return await settings(*given, **more)

    job = await submit(jobs, "x")
    monkeypatch.setattr(store, "settings", sometimes)
    with caplog.at_level(logging.WARNING, "graphmem"):
        async with working(jobs):
            await asked.wait()
            away.clear()
            assert (await jobs.done("default", job.id)).status == "SUCCEEDED"
    assert caplog.text.count("The store is away.") == 1


# -- keeping


async def test_only_so_many_are_kept(
    memory: LocalBackend, jobs: Jobs, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "KEPT", 4)
    monkeypatch.setattr(queue, "PRUNE_EVERY", 3)
    told = [await submit(jobs, f"{n}") for n in range(10)]
    async with working(jobs):
        await jobs.done("default", told[-1].id)
        await drained(jobs)
    # Looked at after the first, the fourth, the seventh and the tenth.
    assert [job.id for job in await jobs.listed("default")] == [job.id for job in told[:5:-1]]


async def test_nor_for_longer_than_a_month(memory: LocalBackend, jobs: Jobs, probe: Probe) -> None:
    store = memory.engine.parts.store
    first = await submit(jobs, "x")
    async with working(jobs):
        await jobs.done("default", first.id)
    old = {**await store.setting("default", "event:" + first.id), "id": "0190ad6e-0000-7000-8000-000000000000"}
    await store.put_setting("default", "event:" + old["id"], old)
    assert len(await jobs.listed("default")) == 2
    fresh = Jobs(memory.engine.parts)
    Probe(fresh)
    last = await submit(fresh, "y")
    async with working(fresh):
        await fresh.done("default", last.id)
        await drained(fresh)
    assert {job.id for job in await fresh.listed("default")} == {first.id, last.id}


async def test_whoever_waits_for_a_job_of_another_process_hears_of_it(memory: LocalBackend, jobs: Jobs) -> None:
    other = Jobs(replace(memory.engine.parts, lock=None))
    Probe(other)
    job = await submit(other, "x")
    async with working(other):
        assert (await jobs.done("default", job.id)).status == "SUCCEEDED"
