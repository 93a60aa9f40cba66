"""Jobs: accepted now, done later, in order, whatever becomes of the process that accepted them.

A job is kept by the store (see `queue`) before its submission is answered. Workers, one a server, do what waits: the
jobs of one lane one after another in the order of their submission, several lanes side by side. A worker holds a lane
while it works there (see `leases`); when it dies, another one takes over. What is about to be written is noted first,
so whoever does a job again knows what became of it, and a store carries out a change under the job's id once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from graphmem.engine.parts import Parts
from graphmem.engine.queue import Job, Queue, lane_key
from graphmem.engine.worker import POLL, Handler, Run, Worker
from graphmem.errors import NotFound
from graphmem.filters import leaves, matches
from graphmem.ids import timed_id
from graphmem.models import SCOPE_FIELDS
from graphmem.queries import View

__all__ = ["CANCELLED", "Handler", "Job", "Jobs", "Run"]

CANCELLED = "It was cancelled: whose memory it was about was deleted."
"""The error of a job that was cancelled."""

MAX_LISTED = 1_000
"""Jobs listed at once."""


class Jobs:
    """The jobs of an engine. Anybody may submit and ask; they are done where `run` runs: in servers.

    `worker.on_end` lists who is told of each job that ended here.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._queue = Queue(parts.store, parts.clock)
        self.worker = Worker(parts, self._queue)

    def register(self, kind: str, handler: Handler, *, listed: bool = True) -> None:
        """Let `handler` do the jobs of a kind. Those that are not `listed` leave no record."""
        self.worker.register(kind, handler, listed=listed)

    async def run(self) -> None:
        """Do what waits, until cancelled: what is under way then is given up, to be done again by the next worker."""
        await self.worker.run()

    # -- for whoever wants something done

    async def submit(
        self,
        project: str,
        kind: str,
        payload: Mapping[str, Any],
        *,
        lane: str,
        ids: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> Job:
        """Keep a job; when it is answered, it survives this process.

        `payload` is JSON, `lane` names the jobs that are done one after another. `ids`, of a scope, say whose memory it
        is about: it is cancelled when that is deleted.
        """
        at = self._parts.clock()
        job = Job(
            id=timed_id(),
            project=project,
            kind=kind,
            lane=lane,
            payload=payload,
            by=by,
            created_at=at,
            updated_at=at,
        )
        waiting = await self._queue.put(job, ids)
        self.worker.remind(waiting.lane, at, kind)
        return job

    async def get(self, project: str, job_id: str) -> Job:
        """A job, with the texts of the memories in its results that are there still. Raises `NotFound`."""
        for _ in range(2):  # it may end between the two looks
            ended = await self._queue.ended(project, job_id)
            if ended is not None:
                return (await self._filled(project, [ended]))[0]
            for waiting in await self._queue.waiting():
                if waiting.id == job_id and waiting.project == project and self.worker.listed(waiting.kind):
                    return waiting.job(await self._queue.payload(waiting))
        raise NotFound(f"There is no event {job_id!r}.", kind="event", id=job_id)

    async def listed(self, project: str, *, limit: int = 100, before: str | None = None) -> list[Job]:
        """The jobs of a project, newest first, those that wait without their payload. `before` is a job's id."""
        found = {each.id: each for each in await self._queue.all_ended(project)}
        for waiting in await self._queue.waiting():
            if waiting.project == project and self.worker.listed(waiting.kind):
                found.setdefault(waiting.id, waiting.job())
        chosen = sorted((each for each in found if before is None or each < before), reverse=True)
        return await self._filled(project, [found[each] for each in chosen[: min(limit, MAX_LISTED)]])

    async def done(self, project: str, job_id: str) -> Job:
        """Wait until a job is finished, here or elsewhere, and return it. Raises `NotFound`."""
        while True:
            changed = self.worker.next_end()
            job = await self.get(project, job_id)
            if job.finished:
                return job
            with anyio.move_on_after(POLL):
                await changed.wait()

    async def waiting(self, project: str | None = None, lane: str | None = None) -> int:
        """How many jobs are unfinished: all, or those of a project's lane."""
        return len(await self._queue.waiting(lane_key(project, lane) if project and lane else ""))

    async def cancel(self, view: View) -> int:
        """Cancel what is unfinished and about memories that lie inside the view's scope; returns how many there were.

        When it returns, none of them will write anything. A view by more than scope covers nothing: whether
        it would cover what was not yet written is not known.
        """
        if any(leaf.field not in SCOPE_FIELDS for leaf in leaves(view.where)):
            return 0
        chosen = [
            each
            for each in await self._queue.waiting()
            if each.project == view.project and each.ids is not None and matches(view.where, each.ids)
        ]
        for waiting in chosen:
            await self.worker.stop(waiting.id)
            if await self._queue.holds(waiting):
                await self.worker.end(waiting, "FAILED", error=CANCELLED)
        return len(chosen)

    async def tidy(self) -> None:
        """What has to be known or gone before what was deleted is erased: a store then forgets what it has applied.

        Jobs that a dead process had carried out are ended, and ids of memories that are gone leave the results.
        """
        for waiting in await self._queue.waiting():
            if not self.worker.does(waiting.id) and await self.worker.carried_out(waiting):
                await self.worker.end(waiting, "SUCCEEDED", waiting.noted or ())
        await self.worker.sweep()
        by_project: dict[str, list[Job]] = {}
        for job in await self._queue.all_ended(None):
            by_project.setdefault(job.project, []).append(job)
        for project, jobs in by_project.items():
            texts = await self._texts(project, jobs)
            for job in jobs:
                left = [each for each in job.results if _memory_id(each) is None or _memory_id(each) in texts]
                if len(left) < len(job.results):
                    await self._queue.rewrite(job, left)

    # -- reading

    async def _filled(self, project: str, jobs: Sequence[Job]) -> list[Job]:
        """The jobs, each result of an add with its memory's text, None if that is gone."""
        texts = await self._texts(project, jobs)
        return [
            replace(
                job,
                results=tuple(
                    each if (id_ := _memory_id(each)) is None else {**each, "memory": texts.get(id_)}
                    for each in job.results
                ),
            )
            for job in jobs
        ]

    async def _texts(self, project: str, jobs: Iterable[Job]) -> dict[str, str]:
        ids = sorted({id_ for job in jobs for each in job.results if (id_ := _memory_id(each)) is not None})
        if not ids:
            return {}
        view = View(project=project, today=self._parts.clock().date(), include_superseded=True, include_expired=True)
        return {id_: memory.text for id_, memory in (await self._parts.store.memories(view, ids)).items()}


def _memory_id(result: Mapping[str, Any]) -> str | None:
    """The memory that a result speaks of, if it speaks of one."""
    return str(result["id"]) if "event" in result and "id" in result else None
