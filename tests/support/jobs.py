"""Jobs under test: workers at work inside a block, and jobs that do what they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio

from graphmem.engine.jobs import Job, Jobs, Run

__all__ = ["HOUSE", "Probe", "drained", "note", "submit", "working"]

PATIENCE = 60.0
"""Seconds after which what has to come is taken never to come."""

HOUSE = ""


@asynccontextmanager
async def working(*jobs: Jobs) -> AsyncIterator[None]:
    """Workers at work inside the block."""
    async with anyio.create_task_group() as group:
        for each in jobs:
            group.start_soon(each.run)
        try:
            with anyio.fail_after(PATIENCE):
                yield
        finally:
            group.cancel_scope.cancel()


class Probe:
    """A kind of job whose attempts wait to be let through, or do what they are told."""

    def __init__(self, jobs: Jobs, kind: str = "probe") -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.raising: dict[str, list[Exception]] = {}
        self._gates: dict[str, anyio.Event] = {}
        self._changed = anyio.Event()
        jobs.register(kind, self.do)

    async def do(self, run: Run) -> Iterable[Mapping[str, Any]]:
        name = str(run.job.payload["name"])
        self.begun.append(name)
        self._tell()
        if name in self._gates:
            await self._gates[name].wait()
        if self.raising.get(name):
            raise self.raising[name].pop(0)
        self.ended.append(name)
        self._tell()
        return [{"said": name}]

    def hold(self, *names: str) -> None:
        self._gates |= {name: anyio.Event() for name in names}

    def let(self, name: str) -> None:
        self._gates[name].set()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._changed.wait()


async def submit(jobs: Jobs, name: str, lane: str = "lane", **more: Any) -> Job:
    return await jobs.submit("default", "probe", {"name": name}, lane=lane, **more)


def note(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": text, "user_id": "ana", "infer": False, **more}


async def drained(jobs: Jobs) -> None:
    """Nothing waits any more."""
    while await jobs.waiting():
        with anyio.move_on_after(0.05):  # some end without a word, and some elsewhere
            await jobs.worker.next_end().wait()
