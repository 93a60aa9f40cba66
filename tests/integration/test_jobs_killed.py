"""Jobs and sudden death: what was accepted is done, in order, and once, however often whoever does it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from graphmem.abc import GraphStore
from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.engine.jobs import Jobs
from graphmem.errors import Unavailable
from tests.support.children import ask, start
from tests.support.soundness import unsound
from tests.support.writer import SETTINGS

ROUNDS = 10
OWNERS = ("ana", "ben", "zoe")
WRITES = ("apply", "put_setting", "swap_setting")


def backend(folder: Path) -> LocalBackend:
    return LocalBackend(assemble(SETTINGS, folder))


async def _live(_: Callable[[Any], None], folder: Path, ledger: Path, number: int) -> None:
    """Accept adds and do them, until killed: before, in or after a write. What was accepted is in the ledger."""
    memory = backend(folder)
    await memory.open()
    noted = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    chance = random.Random(number)
    doom = Doom(chance.randint(20, 200), chance.choice(["before", "in", "after"]))
    for name in WRITES:
        setattr(memory.engine.parts.store, name, doom.of(getattr(memory.engine.parts.store, name)))
    async with anyio.create_task_group() as group:
        group.start_soon(memory.engine.jobs.run)
        for count in range(100_000):
            owner, text = chance.choice(OWNERS), f"note {count} of process {number}"
            job = await memory.add_queued(
                {"messages": text, "user_id": owner, "infer": False, "relations": [(owner, "WROTE", text)]}
            )
            os.write(noted, json.dumps([job.id, owner, text]).encode() + b"\n")
            if await memory.engine.jobs.waiting() > 5:
                await memory.engine.jobs.done("default", job.id)


class Doom:
    """Kills this process about its `last` write."""

    def __init__(self, last: int, when: str) -> None:
        self.left = last
        self.when = when

    def of(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def called(*given: Any, **more: Any) -> Any:
            self.left -= 1
            when = self.when if self.left == 0 else ""
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            writing = asyncio.ensure_future(method(*given, **more))
            if when == "in":
                await asyncio.sleep(0)
                os.kill(os.getpid(), signal.SIGKILL)
            answer = await writing
            if when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return called


async def _finish(folder: Path, ids: list[str]) -> tuple[list[Any], list[Any], list[str]]:
    """Do what is left: the jobs, the memories in the order of writing, and what is wrong."""
    memory = backend(folder)
    await memory.open()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(memory.engine.jobs.run)
            jobs = [await memory.engine.jobs.done("default", each) for each in ids]
            while await memory.engine.jobs.waiting():  # what was accepted, and nobody was told
                with anyio.move_on_after(0.05):
                    await memory.engine.jobs.worker.next_end().wait()
            group.cancel_scope.cancel()
        await memory.engine.jobs.worker.sweep()
        left = await memory.engine.parts.store.settings("")
        problems = [f"{name} is left" for _, name, _ in left if name.startswith(("queue:", "work:", "lane:"))]
        problems += await unsound(memory.engine.parts.store, memory.engine.parts.index)
        found, cursor = [], None
        while cursor is not None or not found:
            page = await memory.get_all({"filters": {"user_id": "*"}, "top_k": 1_000, "cursor": cursor})
            found += [(each["created_at"], each["user_id"], each["memory"]) for each in page["results"]]
            cursor = page["cursor"]
    finally:
        await memory.aclose()
    told = [(job.id, job.status, job.attempts, [dict(each) for each in job.results]) for job in jobs]
    return told, sorted(found), problems


def test_what_was_accepted_is_done_once(place: Path) -> None:
    folder, ledger = place / "memory", place / "ledger"
    for number in range(ROUNDS):
        child, said = start(_live, folder, ledger, number)
        child.join()
        said.close()
        assert child.exitcode == -signal.SIGKILL
    accepted = [json.loads(line) for line in ledger.read_bytes().splitlines()]
    assert len(accepted) > 5 * ROUNDS
    jobs, memories, problems = ask(_finish, folder, [job for job, _, _ in accepted])
    assert problems == []
    texts = Counter((owner, text) for _, owner, text in memories)
    assert {each for each, count in texts.items() if count > 1} == set()
    written = {job: results for job, status, _, results in jobs if status == "SUCCEEDED"}
    for job, owner, text in accepted:
        [result] = written[job]
        assert (result["event"], result["memory"]) == ("ADD", text)
        assert texts[owner, text] == 1
    for name in OWNERS:
        mine = [text for _, owner, text in memories if owner == name]
        told = [text for _, owner, text in accepted if owner == name]
        assert [text for text in mine if text in set(told)] == told
    assert max(attempts for _, _, attempts, _ in jobs) > 1, "nobody was killed in the middle of a job"


class Mortal:
    """A store's writes, of which the one of a number is the last: it is carried out or not, and nobody hears of it."""

    def __init__(self, store: GraphStore, patch: pytest.MonkeyPatch, last: int, *, carried_out: bool) -> None:
        self.writes = 0
        self.died = anyio.Event()
        for name in WRITES:
            patch.setattr(store, name, self._mortal(getattr(store, name), last, carried_out))

    def _mortal(self, method: Callable[..., Any], last: int, carried_out: bool) -> Callable[..., Any]:
        async def called(*given: Any, **more: Any) -> Any:
            self.writes += 1
            if self.writes < last or (carried_out and self.writes == last):
                answer = await method(*given, **more)
            if self.writes >= last:
                self.died.set()
                raise Unavailable("The process is dead.")
            return answer

        return called


@pytest.mark.anyio
@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_death_at_any_write(memory: LocalBackend, monkeypatch: pytest.MonkeyPatch, carried_out: bool) -> None:
    """As if it died at each of a job's writes in turn. Whoever comes next does what is left, once."""
    memory.engine.jobs.worker.pause = lambda _: 0.0
    store = memory.engine.parts.store
    for last in range(1, 50):
        job = await memory.add_queued({"messages": f"note {last}", "user_id": "ana", "infer": False})
        with monkeypatch.context() as patch:
            mortal = Mortal(store, patch, last, carried_out=carried_out)
            async with anyio.create_task_group() as group:
                group.start_soon(memory.engine.jobs.run)
                group.start_soon(_first, group.cancel_scope, mortal.died.wait, partial(_done, memory, job.id))
        survived = not mortal.died.is_set()
        next_one = Jobs(memory.engine.parts)
        next_one.register("add", memory.engine.adds._do)
        async with anyio.create_task_group() as group:
            group.start_soon(next_one.run)
            found = await next_one.done("default", job.id)
            while await next_one.waiting():
                with anyio.move_on_after(0.05):
                    await next_one.worker.next_end().wait()
            group.cancel_scope.cancel()
        assert (found.status, [each["memory"] for each in found.results]) == ("SUCCEEDED", [f"note {last}"]), last
        texts = [each["memory"] for each in (await memory.get_all({"user_id": "ana"}))["results"]]
        assert sorted(texts) == sorted(f"note {n}" for n in range(1, last + 1))
        if survived:
            break
    assert 8 < last < 49
    await memory.index("drain")  # as the next opening would
    assert await unsound(store, memory.engine.parts.index) == []


async def _done(memory: LocalBackend, job_id: str) -> None:
    await memory.engine.jobs.done("default", job_id)
    while await memory.engine.jobs.waiting() or memory.engine.jobs.worker._busy:
        await anyio.lowlevel.checkpoint()


async def _first(scope: anyio.CancelScope, *waits: Callable[[], Awaitable[Any]]) -> None:
    """End the scope when the first of these is over."""
    async with anyio.create_task_group() as group:

        async def wait(one: Callable[[], Awaitable[Any]]) -> None:
            await one()
            group.cancel_scope.cancel()

        for each in waits:
            group.start_soon(wait, each)
    scope.cancel()
