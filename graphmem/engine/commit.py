"""From a plan to the store: read, plan, apply, and once more if somebody was faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from weakref import WeakValueDictionary

import anyio

from graphmem.abc import GraphStore
from graphmem.changes import Applied, Mark
from graphmem.errors import Conflict, GraphmemError
from graphmem.extraction.plan import Plan, wider
from graphmem.indexing import Drainer
from graphmem.models import Partition
from graphmem.queries import Known, KnownQuery

__all__ = ["Committer", "Trailing"]

TRIES = 8
"""How often a change is planned anew before the caller is told. Each time somebody else's change went through."""

WIDER = 4
"""How often a plan may ask to know more. It is sound without, and only leaves alone what it could not see."""

Made = TypeVar("Made", bound=Plan)


class Committer:
    """Carries out plans, one at a time in each partition of this process, and brings the index up to date."""

    def __init__(self, store: GraphStore, drainer: Drainer) -> None:
        self._store = store
        self._drainer = drainer
        self._turns: WeakValueDictionary[Partition, anyio.Lock] = WeakValueDictionary()

    async def commit(
        self,
        queries: Mapping[Partition, KnownQuery],
        plan: Callable[[Partition, Known], Made],
        announce: Callable[[Iterable[Made]], Awaitable[None]] | None = None,
    ) -> dict[Partition, tuple[Made, Applied]]:
        """Read what `queries` ask, plan each partition, apply all in one transaction.

        On `Conflict` everything is read and planned anew; the model is not asked again. After `TRIES` the `Conflict` is
        the caller's. `announce` is told the plans each time before they are applied; what it raises stops that.
        """
        async with self._turns_of(queries):
            for attempt in range(1, TRIES + 1):
                plans = await self._planned(queries, plan)
                wanted = {partition: made for partition, made in plans.items() if made.changes.operations}
                if announce is not None:
                    await announce(wanted.values())
                try:
                    applied = await self._store.apply(*(made.changes for made in wanted.values()))
                except Conflict as error:
                    if attempt == TRIES:
                        raise Conflict(
                            f"The change met a newer one {TRIES} times in a row.",
                            hint="Try again; if it goes on, write to this owner from fewer places at once.",
                            **error.details,
                        ) from error
                    continue
                done = dict(zip(wanted, applied, strict=True))
                nothing = Applied(sequence=0)
                return {partition: (made, done.get(partition, nothing)) for partition, made in plans.items()}
        raise AssertionError("unreachable: the last try returns or raises")

    async def _planned(
        self,
        queries: Mapping[Partition, KnownQuery],
        plan: Callable[[Partition, Known], Made],
    ) -> dict[Partition, Made]:
        """Read and plan; what a plan found that it had to know more about is read with the rest, once more."""
        asked = dict(queries)
        for _ in range(WIDER):
            answers = await self._store.known(*asked.values())
            plans = {partition: plan(partition, known) for partition, known in zip(asked, answers, strict=True)}
            wide = {partition: wider(asked[partition], made) for partition, made in plans.items()}
            if not any(wide.values()):
                break
            asked |= {partition: query for partition, query in wide.items() if query is not None}
        return plans

    async def copy(self, applied: Iterable[Applied]) -> str | None:
        """Bring the index up to date with what was just applied, so that it is readable at once.

        The store has it already, so a failure here costs nothing but time: the marks stay and are drained later.
        Returns the reason then, else None.
        """
        marks: Sequence[Mark] = [mark for each in applied for mark in (*each.marks, *each.removed)]
        if not marks:
            return None
        try:
            await self._drainer.drain(marks)
        except GraphmemError as error:
            return error.message
        return None

    @asynccontextmanager
    async def _turns_of(self, partitions: Iterable[Partition]) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            # Sorted, so that two changes over several partitions cannot wait for each other.
            for partition in sorted(partitions):
                turn = self._turns.get(partition)
                if turn is None:
                    turn = self._turns[partition] = anyio.Lock()
                await stack.enter_async_context(turn)
            yield


class Trailing:
    """Copies into the index that run while whoever writes goes on writing; one at a time."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._copying: asyncio.Task[str | None] | None = None

    async def follow(self, applied: Iterable[Applied]) -> str | None:
        """Begin to copy, when the copy before is finished; what `finish` says of that one."""
        lag = await self.finish()
        self._copying = asyncio.create_task(self._committer.copy(applied))
        return lag

    async def finish(self) -> str | None:
        """Wait for the copy under way: why it failed, or None. Whoever is cancelled here takes it along."""
        copying, self._copying = self._copying, None
        return await copying if copying is not None else None
