"""Jobs and deleting: what is deleted is not added afterwards, and what was sent is in no file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from graphmem.client.local import LocalBackend
from graphmem.engine.jobs import CANCELLED, Jobs, Run
from graphmem.engine.worker import Gone
from graphmem.errors import ModelAnswerInvalid
from tests.support.files import holders, spellings
from tests.support.jobs import Probe, drained, note, working
from tests.support.soundness import everything

pytestmark = pytest.mark.anyio


# -- deleting


async def test_what_is_deleted_is_not_added_afterwards(memory: LocalBackend, jobs: Jobs, place: Path) -> None:
    secret = "Quenby Vortigern conspires"
    kept = [
        await memory.add_queued({**note("of Ben"), "user_id": "ben"}),
        await memory.add_queued(note("of another run", run_id="8")),
    ]
    gone = [await memory.add_queued(note(secret, run_id="7")) for _ in range(2)]
    other = await memory.for_project("other").add_queued(note("of another project", run_id="7"))
    assert holders(place, spellings(secret))
    receipt = await memory.delete_all({"user_id": "ana", "run_id": "7"})
    assert receipt["receipt"]["counts"]["events"] == 2
    for job in gone:
        found = await jobs.get("default", job.id)
        assert (found.status, found.error, found.results) == ("FAILED", CANCELLED, ())
    async with working(jobs):
        for job in kept:
            assert (await jobs.done("default", job.id)).status == "SUCCEEDED"
        assert (await jobs.done("other", other.id)).status == "SUCCEEDED"
    assert {each.text for each in (await everything(memory.engine.parts.store)).memories.values()} == {
        "of Ben",
        "of another run",
        "of another project",
    }
    await memory.aclose()  # which erases what is owed
    assert holders(place, spellings(secret)) == []
    await memory.open()


async def test_one_under_way_is_broken_off(memory: LocalBackend, jobs: Jobs) -> None:
    """It is about to write what was deleted a moment ago."""
    reached, go_on = anyio.Event(), anyio.Event()
    apply = memory.engine.parts.store.apply

    async def slowly(*changes: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await apply(*changes)

    memory.engine.parts.store.apply = slowly  # type: ignore[method-assign]
    job = await memory.add_queued(note("Quenby conspires"))
    async with working(jobs):
        await reached.wait()
        memory.engine.parts.store.apply = apply  # type: ignore[method-assign]
        await memory.reset()
        go_on.set()
        found = await jobs.done("default", job.id)
        assert (found.status, found.error) == ("FAILED", CANCELLED)
        later_one = await memory.add_queued(note("Ana sails"))
        assert (await jobs.done("default", later_one.id)).status == "SUCCEEDED"
    assert [each["memory"] for each in (await memory.get_all({"user_id": "ana"}))["results"]] == ["Ana sails"]


async def test_one_under_way_elsewhere_cannot_write_any_more(memory: LocalBackend, jobs: Jobs) -> None:
    """Another process has read the job and planned; before it writes, it notes so, and learns that the job is gone."""
    job = await memory.add_queued(note("Quenby conspires"))
    [waiting] = await jobs._queue.waiting()
    begun = await jobs._queue.change(waiting, status="RUNNING", attempts=1)
    assert begun is not None
    run = Run(begun.job(await jobs._queue.payload(begun)), jobs._queue, begun)
    await memory.delete_all({"user_id": "ana"})
    with pytest.raises(Gone):
        await memory.engine.adds._do(run)
    assert (await memory.get_all({"user_id": "ana"}))["results"] == []
    assert (await jobs.get("default", job.id)).error == CANCELLED


async def test_a_deletion_by_more_than_scope_cancels_nothing(memory: LocalBackend, jobs: Jobs) -> None:
    job = await memory.add_queued(note("Ana sails", metadata={"trip": 7}))
    await memory.delete_all({"user_id": "ana", "filters": {"metadata.trip": 7}})
    assert (await jobs.get("default", job.id)).status == "PENDING"


async def test_finished_jobs_hold_nobodys_words(memory: LocalBackend, jobs: Jobs, probe: Probe, place: Path) -> None:
    secret = "Quenby Vortigern conspires with zephyr"
    told = await memory.add_queued(note(secret, metadata={"clearance": "ultraviolet-77"}, run_id="heist-run"))
    probe.raising["x"] = [ModelAnswerInvalid("No.")]
    failed = await jobs.submit(
        "default", "probe", {"name": "x", "messages": secret}, lane=secret, ids={"user_id": "x-7"}
    )
    async with working(jobs):
        done = await jobs.done("default", told.id)
        await jobs.done("default", failed.id)
        await drained(jobs)
    kept = json.dumps([value for _, _, value in await memory.engine.parts.store.settings()])
    for word in ("Quenby", "zephyr", "ultraviolet", "heist-run", "user:ana", "x-7"):
        assert word not in kept
    ids = {str(each["id"]).encode() for each in done.results}
    assert holders(place, ids)
    await memory.delete_all({"user_id": "ana"})
    await memory.purge()
    wanted = {spelt for word in (secret, "ultraviolet-77", "heist-run", "user:ana") for spelt in spellings(word)}
    assert holders(place, wanted | ids) == []


async def test_what_failed_leaves_a_debt(memory: LocalBackend, jobs: Jobs, place: Path) -> None:
    """Its words were nowhere but in the queue, so no deletion would ever call for their erasure."""
    secret = "Quenby Vortigern conspires with zephyr"
    again = Jobs(memory.engine.parts)

    async def refuse(_: Run) -> list[dict[str, Any]]:
        raise ModelAnswerInvalid("No.")

    again.register("add", refuse)
    job = await memory.add_queued(note(secret))
    async with working(again):
        assert (await again.done("default", job.id)).status == "FAILED"
    await memory.aclose()
    assert holders(place, spellings(secret)) == []
    await memory.open()
