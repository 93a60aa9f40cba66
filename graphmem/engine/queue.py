"""Where jobs lie: in settings of the store, so that every store has a queue, and it survives whoever filled it.

=======================  =====================================================================================
setting                  what it says
=======================  =====================================================================================
``queue:{lane}:{id}``    of the house: an unfinished job, without what it is about. Written last, removed last
``work:{id}``            of the house: what there is to do (the payload), which may be long
``event:{id}``           of the job's project: a finished job, without anybody's words
=======================  =====================================================================================

The lane is written as a hash. Ids begin with the time, so names sort in the order in which jobs were submitted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from graphmem.abc import GraphStore
from graphmem.engine.records import HOUSE, OWED

__all__ = ["Job", "Queue", "Status", "Waiting", "lane_key"]

Status = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED"]

QUEUE, WORK, EVENT = "queue:", "work:", "event:"

KEPT = 10_000
"""Finished jobs kept a project, give or take `PRUNE_EVERY`."""

KEPT_FOR = timedelta(days=30)
"""How long a finished job is kept, at least until the next ones finish."""

PRUNE_EVERY = 100
"""Jobs finished between two looks at what is too old: a look reads all that is kept."""

PRUNED = 500
"""Finished jobs dropped at one look, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something accepted to be done later.

    `payload` is what there is to do, until it is done; `lane` names the jobs that go one after another, until then,
    too. `results` are what came of it: ids and events, and for whoever reads it the texts that are there still. `error`
    says why it failed. `attempts` counts how often it was begun, `by` names the actor for histories.
    """

    id: str
    project: str
    kind: str
    lane: str | None = None
    status: Status = "PENDING"
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    results: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    attempts: int = 0
    by: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    updated_at: datetime
    completed_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will be done."""
        return self.status in ("SUCCEEDED", "FAILED")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unfinished job as it lies in the queue: the setting's name and value."""

    name: str
    said: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.said["id"])

    @property
    def lane(self) -> str:
        """The lane's hash."""
        return self.name.split(":")[1]

    @property
    def project(self) -> str:
        """The job's project."""
        return str(self.said["project"])

    @property
    def kind(self) -> str:
        """What kind of job it is."""
        return str(self.said["kind"])

    @property
    def ids(self) -> Mapping[str, str] | None:
        """Whose memory it is about, by the scope's names; None: nobody's."""
        ids: Mapping[str, str] | None = self.said["ids"]
        return ids

    @property
    def attempts(self) -> int:
        """How often it was begun."""
        return int(self.said["attempts"])

    @property
    def due(self) -> datetime:
        """When it may be begun (again)."""
        return datetime.fromisoformat(self.said["due"])

    @property
    def noted(self) -> Sequence[Mapping[str, Any]] | None:
        """What whoever did it last noted that it was about to write."""
        noted: Sequence[Mapping[str, Any]] | None = self.said["noted"]
        return noted

    def job(self, payload: Mapping[str, Any] | None = None) -> Job:
        """The job, without its payload if that is not given."""
        return _job(self.said, payload=payload or {})


def lane_key(project: str, lane: str) -> str:
    """The hash that a lane has in names, in its project."""
    return sha256(f"{project}\0{lane}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Queue:
    """The jobs of a store."""

    def __init__(self, store: GraphStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._finished: Counter[str] = Counter()  # by project, since this process began

    # -- unfinished jobs

    async def put(self, job: Job, ids: Mapping[str, str] | None = None) -> Waiting:
        """Keep a new job; `ids` say whose memory it is about. It counts from when the second write is done."""
        assert job.lane is not None
        said = {
            **_plain(job),
            "lane": job.lane,
            "by": job.by,
            "ids": None if ids is None else dict(ids),
            "due": job.created_at.isoformat(),
            "noted": None,
        }
        waiting = Waiting(f"{QUEUE}{lane_key(job.project, job.lane)}:{job.id}", said)
        # As text, with all but ASCII escaped: what nobody will look at may hold what no store takes.
        await self._store.put_setting(HOUSE, WORK + job.id, json.dumps(job.payload))
        await self._store.put_setting(HOUSE, waiting.name, said)
        return waiting

    async def waiting(self, lane: str = "") -> list[Waiting]:
        """The unfinished jobs (of the lane with this hash), those of a lane in their order."""
        prefix = f"{QUEUE}{lane}:" if lane else QUEUE
        return [Waiting(name, said) for _, name, said in await self._store.settings(HOUSE, prefix)]

    async def payload(self, waiting: Waiting) -> dict[str, Any] | None:
        """What there is to do; None if the job is no more."""
        text = await self._store.setting(HOUSE, WORK + waiting.id)
        return None if text is None else dict(json.loads(text))

    async def change(self, waiting: Waiting, **changes: Any) -> Waiting | None:
        """The job changed, with the present moment as `updated_at`; None if somebody else changed or removed it."""
        said = {**waiting.said, **changes, "updated_at": self._clock().isoformat()}
        changed = await self._store.swap_setting(HOUSE, waiting.name, waiting.said, said)
        return Waiting(waiting.name, said) if changed else None

    async def holds(self, waiting: Waiting) -> bool:
        """Whether the job is unfinished still."""
        return await self._store.setting(HOUSE, waiting.name) is not None

    async def drop(self, waiting: Waiting) -> None:
        """Remove an unfinished job, its payload first."""
        await self._store.put_setting(HOUSE, WORK + waiting.id, None)
        await self._store.put_setting(HOUSE, waiting.name, None)

    async def sweep(self, before: datetime) -> int:
        """Remove payloads that no job has, of jobs whose submission was cut off, if it began `before`.

        Returns how many there were.
        """
        # In this order: a job's payload is there before the job is, so what is met here without one has none.
        works = [name for _, name, _ in await self._store.settings(HOUSE, WORK)]
        known = {WORK + each.id for each in await self.waiting()}
        lost = [name for name in works if name not in known and name < WORK + _prefix(before)]
        if lost:
            # Nothing that is deleted later would call for the erasure of these words.
            await self._store.put_setting(HOUSE, OWED, True)
        for name in lost:
            await self._store.put_setting(HOUSE, name, None)
        return len(lost)

    # -- finished jobs

    async def finish(self, waiting: Waiting, job: Job, *, kept: bool) -> None:
        """Note a job's end, where such jobs are `kept`, and remove it from the queue.

        In this order: a process that dies on the way leaves both, and whoever comes upon them removes the second.
        """
        if kept:
            record = {**_plain(job), "results": [dict(each) for each in job.results], "error": job.error}
            await self._store.swap_setting(job.project, EVENT + job.id, None, record)
        await self.drop(waiting)
        if kept:
            self._finished[job.project] += 1
            if self._finished[job.project] % PRUNE_EVERY == 1:
                await self._prune(job.project)

    async def ended(self, project: str, job_id: str) -> Job | None:
        """A finished job; None if there is none of that id in the project."""
        said = await self._store.setting(project, EVENT + job_id)
        return None if said is None else _job(said)

    async def all_ended(self, project: str | None) -> list[Job]:
        """The finished jobs of a project (None: of all), those of a project oldest first."""
        found = await self._store.settings(project, EVENT)
        # A setting that only begins like one, and is somebody else's, does not say its own id.
        return [
            _job(said)
            for _, name, said in found
            if isinstance(said, Mapping) and said.get("id") == name.removeprefix(EVENT)
        ]

    async def rewrite(self, job: Job, results: Iterable[Mapping[str, Any]]) -> None:
        """Let a finished job say other results, unless it is gone meanwhile."""
        old = await self._store.setting(job.project, EVENT + job.id)
        if old is not None:
            await self._store.swap_setting(
                job.project, EVENT + job.id, old, {**old, "results": [dict(each) for each in results]}
            )

    async def _prune(self, project: str) -> None:
        """Drop what is too old, or too much; some at a time."""
        names = [name for _, name, _ in await self._store.settings(project, EVENT)]
        before = EVENT + _prefix(self._clock() - KEPT_FOR)
        surplus = max(0, len(names) - KEPT)
        chosen = [name for place, name in enumerate(names) if place < surplus or name < before]
        for name in chosen[:PRUNED]:
            await self._store.put_setting(project, name, None)


def _prefix(moment: datetime) -> str:
    """How ids of that moment begin; see `ids.timed_id`."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _plain(job: Job) -> dict[str, Any]:
    """What queued and finished jobs say alike."""
    moments = ("created_at", "started_at", "updated_at", "completed_at")
    return {
        "id": job.id,
        "project": job.project,
        "kind": job.kind,
        "status": job.status,
        "attempts": job.attempts,
        **{name: None if (moment := getattr(job, name)) is None else moment.isoformat() for name in moments},
    }


def _job(said: Mapping[str, Any], *, payload: Mapping[str, Any] | None = None) -> Job:
    started, completed = said["started_at"], said["completed_at"]
    return Job(
        id=said["id"],
        project=said["project"],
        kind=said["kind"],
        lane=said.get("lane"),
        status=said["status"],
        payload=payload or {},
        results=tuple(said.get("results") or ()),
        error=said.get("error"),
        attempts=said["attempts"],
        by=said.get("by"),
        created_at=datetime.fromisoformat(said["created_at"]),
        started_at=datetime.fromisoformat(started) if started else None,
        updated_at=datetime.fromisoformat(said["updated_at"]),
        completed_at=datetime.fromisoformat(completed) if completed else None,
    )
