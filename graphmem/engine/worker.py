"""The worker: does the jobs that wait, those of one lane one after another, several lanes side by side."""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import anyio
from anyio.abc import TaskGroup

from graphmem.engine.leases import Leases
from graphmem.engine.parts import Parts
from graphmem.engine.queue import Job, Queue, Status, Waiting
from graphmem.engine.records import HOUSE, OWED
from graphmem.errors import Conflict, GraphmemError, ModelUnavailable, Unavailable

__all__ = ["Gone", "Handler", "Run", "Worker", "pause_after"]

MOST_ATTEMPTS = 5
"""How often a job is begun before it has failed."""

LANES = 4
"""Lanes of one kind of jobs that a worker works in at a time."""

LONGEST = 600.0
"""Seconds that a failure itself may ask to be waited for."""

TURN = 10
"""Jobs done in a lane before others get its place."""

POLL = 1.0
"""Seconds between two looks for jobs that other processes submitted, where there may be any."""

POLL_ALONE = 15.0
"""The same where this process holds the folder: there should be none."""

SLOW = timedelta(hours=1)
"""How long a submission may take before it is taken for cut off."""

PASSING = (Unavailable, ModelUnavailable, Conflict)
"""Errors after which the same may well succeed later."""

_log = logging.getLogger(__name__)


def pause_after(attempt: int) -> float:
    """Seconds to wait after the attempt of this number (from 1): 2, 8, 32, 128, each half as much more or less.

    Together some three minutes: a restart, a busy model. By chance, so that many that failed at once do not return so.
    """
    return float(2 * 4 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 (nothing to be guessed)


class Gone(Exception):
    """The job was removed while it was done."""


@dataclass(eq=False)
class Run:
    """One attempt at a job, as its handler sees it."""

    job: Job
    queue: Queue
    waiting: Waiting
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    ended: anyio.Event = field(default_factory=anyio.Event)
    earlier: tuple[Mapping[str, Any], ...] | None = None

    async def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Note durably what is about to be written: `id` and `event` of each memory. No words.

        Raises `Gone` if the job was cancelled meanwhile: then nothing is to be written.
        """
        changed = await self.queue.change(self.waiting, noted=[dict(each) for each in items])
        if changed is None:
            raise Gone
        self.waiting = changed


Handler: TypeAlias = Callable[[Run], Awaitable[Iterable[Mapping[str, Any]]]]
"""Does a job; returns its results: `id` and `event` of what it wrote. Whatever it raises fails the job."""

Ended: TypeAlias = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Kind:
    handler: Handler
    listed: bool


class Worker:
    """Does what waits in a queue, where `run` runs; knows what is being done here, and how jobs end."""

    def __init__(self, parts: Parts, queue: Queue) -> None:
        self._store = parts.store
        self._clock = parts.clock
        self._queue = queue
        self._alone = parts.lock is not None
        self._began = parts.clock()
        self._every = POLL_ALONE if self._alone else POLL
        self._leases = Leases(parts.store, parts.clock, parts.lock)
        self._kinds: dict[str, _Kind] = {}
        self._due: dict[str, tuple[datetime, str]] = {}  # when to look into a lane, by its hash; and the kind of job
        self._busy: dict[str, tuple[anyio.CancelScope, str]] = {}  # the lanes worked in
        self._runs: dict[str, Run] = {}  # by job
        self._looked = float("-inf")
        self._said = ""
        self._woken = anyio.Event()
        self._ended = anyio.Event()
        self.on_end: list[Ended] = []
        self.pause: Callable[[int], float] = pause_after

    # -- what others ask of it

    def register(self, kind: str, handler: Handler, *, listed: bool) -> None:
        """Let `handler` do the jobs of a kind; those that are not `listed` leave no record."""
        self._kinds[kind] = _Kind(handler, listed)

    def listed(self, kind: str) -> bool:
        """Whether jobs of the kind leave a record."""
        return kind not in self._kinds or self._kinds[kind].listed

    def remind(self, lane: str, at: datetime, kind: str) -> None:
        """Look into a lane, by its hash, at that moment, if not before."""
        known = self._due.get(lane)
        self._due[lane] = (at if known is None else min(at, known[0]), kind)
        self._wake()

    def does(self, job_id: str) -> bool:
        """Whether the job is being done here."""
        return job_id in self._runs

    async def stop(self, job_id: str) -> None:
        """Break off a job, if it is being done here. When this returns, it writes nothing any more."""
        if (run := self._runs.get(job_id)) is not None:
            run.scope.cancel()
            await run.ended.wait()

    async def sweep(self) -> None:
        """Remove what submissions that were cut off, and workers that died, have left."""
        # Whoever has the folder to itself knows that all others are dead; elsewhere they may be slow.
        await self._queue.sweep(self._began if self._alone else self._clock() - SLOW)
        await self._leases.sweep()

    def next_end(self) -> anyio.Event:
        """Set when the next job ends here."""
        return self._ended

    async def carried_out(self, waiting: Waiting) -> bool:
        """Whether what was noted was written: then its memories have a history, be they deleted since."""
        added = [str(each["id"]) for each in waiting.noted or () if each["event"] == "ADD"]
        return bool(added) and bool(await self._store.history(waiting.project, added[0]))

    async def end(
        self, waiting: Waiting, status: Status, results: Iterable[Mapping[str, Any]] = (), error: str | None = None
    ) -> None:
        """Finish a job, and tell who wants to know."""
        at = self._clock()
        job = replace(
            waiting.job(),
            status=status,
            results=tuple(results),
            error=error,
            updated_at=at,
            completed_at=at,
        )
        with anyio.CancelScope(shield=True):
            if status == "FAILED" and waiting.ids is not None:
                # Its words are nowhere else: nothing that is deleted later would call for their erasure.
                await self._store.put_setting(HOUSE, OWED, True)
            await self._queue.finish(waiting, job, kept=self.listed(waiting.kind))
            self._ended.set()
            self._ended = anyio.Event()
            for tell in self.on_end:
                await tell(job)

    # -- doing what waits

    async def run(self) -> None:
        """Do what waits, until cancelled: what is under way then is given up, to be done again by the next worker.

        While the store is away it waits for it.
        """
        self._looked = float("-inf")
        async with anyio.create_task_group() as group:
            group.start_soon(self._renew)
            while True:
                woken, pause = self._woken, POLL
                try:
                    pause = await self._look(group)
                    self._said = ""
                except GraphmemError as error:
                    self._complain(error)
                with anyio.move_on_after(pause):
                    await woken.wait()

    def _complain(self, error: GraphmemError) -> None:
        if error.message != self._said:
            self._said = error.message
            _log.warning("Jobs have to wait: %s", error.message)

    def _wake(self) -> None:
        self._woken.set()
        self._woken = anyio.Event()

    async def _look(self, group: TaskGroup) -> float:
        """Begin work in the lanes whose time has come; how many seconds until the next one's."""
        if anyio.current_time() >= self._looked + self._every:
            if self._looked == float("-inf"):
                await self.sweep()
            firsts: dict[str, Waiting] = {}
            for waiting in await self._queue.waiting():
                firsts.setdefault(waiting.lane, waiting)
            for lane, first in firsts.items():
                known = self._due.get(lane)
                if known is None or first.due < known[0]:
                    self._due[lane] = first.due, first.kind
            self._looked = anyio.current_time()
        now = self._clock()
        pauses = [self._looked + self._every - anyio.current_time()]
        for lane, (at, kind) in sorted(self._due.items(), key=lambda each: each[1]):
            if lane in self._busy:
                continue
            if at > now:
                pauses.append((at - now).total_seconds())
            elif sum(busy == kind for _, busy in self._busy.values()) < LANES:
                self._busy[lane] = anyio.CancelScope(), kind
                group.start_soon(self._work, lane)
        return max(0.0, min(pauses))

    async def _renew(self) -> None:
        """Hold on to the lanes that are worked in, and leave those that were lost."""
        while True:
            await anyio.sleep(self._leases.renewal)
            try:
                lost = await self._leases.renew()
            except GraphmemError as error:
                self._complain(error)
                continue
            for lane in lost:
                if lane in self._busy:
                    self._busy[lane][0].cancel()

    async def _work(self, lane: str) -> None:
        """Do the jobs of a lane, if nobody else does."""
        scope, kind = self._busy[lane]
        self._due.pop(lane, None)
        again: datetime | None = self._clock() + timedelta(seconds=POLL)
        try:
            with scope:
                again = await self._leases.take(lane)
                if again is None:
                    try:
                        again = await self._turn(lane)
                    finally:
                        with anyio.CancelScope(shield=True):
                            await self._leases.release(lane)
        except GraphmemError as error:
            again = self._clock() + timedelta(seconds=POLL)
            self._complain(error)
        except Exception as error:
            again = self._clock() + timedelta(seconds=POLL)
            _unforeseen(error)
        finally:
            del self._busy[lane]
            if again is not None:
                self.remind(lane, again, kind)
            self._wake()

    async def _turn(self, lane: str) -> datetime | None:
        """Do some jobs of a lane that is held; when to come again, None if nothing is left."""
        for _ in range(TURN):
            waiting = await self._queue.waiting(lane)
            if not waiting:
                return None
            if waiting[0].due > self._clock():
                return waiting[0].due
            await self._do(waiting[0])
        return self._clock()

    async def _do(self, waiting: Waiting) -> None:
        """One attempt at the first job of a lane."""
        kind = self._kinds.get(waiting.kind)
        if await self._is_over(waiting):
            return
        if kind is None:
            await self.end(waiting, "FAILED", error=f"Jobs of the kind {waiting.kind!r} are not known here.")
            return
        payload = await self._queue.payload(waiting)
        at = self._clock().isoformat()
        begun = await self._queue.change(
            waiting,
            status="RUNNING",
            attempts=waiting.attempts + 1,
            started_at=waiting.said["started_at"] or at,
        )
        if begun is None or payload is None:
            return  # it was removed just now
        earlier = None if waiting.noted is None else tuple(waiting.noted)
        run = Run(begun.job(payload), self._queue, begun, earlier=earlier)
        self._runs[waiting.id] = run
        try:
            await self._attempt(kind, run)
        except anyio.get_cancelled_exc_class():
            await self._give_up(run)
            raise
        finally:
            del self._runs[waiting.id]
            run.ended.set()

    async def _is_over(self, waiting: Waiting) -> bool:
        """Whether nothing is left to do for a job that somebody began: then it is ended here."""
        if not waiting.attempts:
            return False
        if await self._queue.ended(waiting.project, waiting.id) is not None:
            await self._queue.drop(waiting)
        elif await self.carried_out(waiting):
            await self.end(waiting, "SUCCEEDED", waiting.noted or ())
        elif waiting.attempts >= MOST_ATTEMPTS:
            await self.end(waiting, "FAILED", error=f"It was begun {waiting.attempts} times, and never came to an end.")
        elif await self._queue.payload(waiting) is None:
            await self._queue.drop(waiting)
        else:
            return False
        return True

    async def _attempt(self, kind: _Kind, run: Run) -> None:
        try:
            with run.scope:
                results = list(await kind.handler(run))
            if run.scope.cancelled_caught:
                return  # whoever cancelled it ends it
        except Gone:
            return
        except PASSING as error:
            await self._again(run, error)
        except GraphmemError as error:
            await self.end(run.waiting, "FAILED", error=str(error))
        except Exception as error:
            _unforeseen(error)
            await self.end(run.waiting, "FAILED", error="Internal error; the server's log tells more.")
        else:
            await self.end(run.waiting, "SUCCEEDED", results)

    async def _again(self, run: Run, error: GraphmemError) -> None:
        """After a failure that may pass: wait, or give up."""
        attempt = run.waiting.attempts
        if attempt >= MOST_ATTEMPTS:
            await self.end(run.waiting, "FAILED", error=str(error))
            return
        pause = max(self.pause(attempt), min(float(error.details.get("retry_after") or 0.0), LONGEST))
        due = self._clock() + timedelta(seconds=pause)
        await self._queue.change(run.waiting, status="PENDING", due=due.isoformat())

    async def _give_up(self, run: Run) -> None:
        """Let another worker do it: this one stops, or has lost the lane. It does not count as an attempt."""
        with anyio.CancelScope(shield=True):
            try:
                await self._queue.change(run.waiting, status="PENDING", attempts=run.waiting.attempts - 1)
            except GraphmemError as error:  # then it counts
                self._complain(error)


def _unforeseen(error: Exception) -> None:
    # Whatever it says may hold what users wrote.
    place = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("unforeseen %s in a job at %s:%s", type(error).__name__, place.filename.rpartition("/")[2], place.lineno)
