"""Adds that are answered at once and done later, in the order in which each owner's came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphmem.engine.jobs import Job, Jobs, Run
from graphmem.engine.remember import Added, Once, Remember
from graphmem.engine.requests import AddRequest, read_add
from graphmem.extraction.plan import Outcome

__all__ = ["QueuedAdds"]

KIND = "add"
"""The kind of job that an add is. Its payload is the add's arguments, as JSON."""


class QueuedAdds:
    """Queues adds, and does them."""

    def __init__(self, remember: Remember, jobs: Jobs) -> None:
        self._remember = remember
        self._jobs = jobs
        self.on_added: list[Callable[[Added], None]] = []  # told of each that was done here
        jobs.register(KIND, self._do)

    async def submit(self, request: AddRequest, arguments: Mapping[str, Any]) -> Job:
        """Queue an add: `request` is what `arguments`, which are JSON, were read as.

        Raises `InvalidInput` for messages that cannot be read.
        """
        self._remember.check(request)
        scope = request.scope
        return await self._jobs.submit(scope.project, KIND, arguments, lane=scope.owner, ids=scope.ids, by=request.by)

    async def _do(self, run: Run) -> list[Mapping[str, Any]]:
        """Add under the job's id, so that a store writes it once however often it is begun."""
        written: list[Mapping[str, Any]] = []

        async def announce(outcomes: Sequence[Outcome]) -> None:
            written[:] = _items(outcomes)
            await run.note(written)

        job = run.job
        request = read_add(job.project, job.payload, by=job.by)
        # It was said when it was sent, not when its turn came.
        request = replace(request, observed_at=request.observed_at or job.created_at)
        added = await self._remember.add(request, Once(job.id, announce))
        for tell in self.on_added:
            tell(added)
        return list(run.earlier or written) if added.repeated else _items(added.outcomes)


def _items(outcomes: Iterable[Outcome]) -> list[Mapping[str, Any]]:
    return [{"id": each.memory.id, "event": each.event} for each in outcomes]
