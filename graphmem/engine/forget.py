"""Forgetting: deletions that hold, and the receipt that says how far they went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import anyio

from graphmem.changes import Applied, ChangeSet, DropEpisode
from graphmem.engine.commit import Committer
from graphmem.engine.parts import Parts
from graphmem.engine.projects import Projects
from graphmem.engine.records import HOUSE, OWED
from graphmem.errors import NotFound
from graphmem.extraction.plan import Plan, needs_delete, plan_delete
from graphmem.filters import leaves, matches, pinned
from graphmem.ids import new_id
from graphmem.indexing import Drainer, compact
from graphmem.models import SCOPE_FIELDS, Memory, Partition
from graphmem.queries import Known, KnownQuery, MemoryQuery, View

__all__ = ["Erasure", "Forget"]

CHUNK = 500
"""Memories deleted in one transaction."""

PLURAL = {"memory": "memories", "relation": "relations", "entity": "entities"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What a deletion did: `hidden` is gone from every read, `erased` from every file; `counts` say how much."""

    state: Literal["hidden", "erased"]
    counts: Mapping[str, int] = field(default_factory=dict)


class Unfinished(Protocol):
    """What others were promised and is not done yet: it must not bring back what is deleted."""

    async def cancel(self, view: View) -> int:
        """Cancel what is about memories that lie inside the view's scope; returns how much."""

    async def tidy(self) -> None:
        """Make ready for what was deleted to be erased."""


class Forget:
    """Deletes memories, and erases what was deleted."""

    def __init__(
        self, parts: Parts, committer: Committer, drainer: Drainer, unfinished: Unfinished, projects: Projects
    ) -> None:
        self._parts = parts
        self._projects = projects
        self._committer = committer
        self._drainer = drainer
        self._unfinished = unfinished
        # A deletion during a purge would be half erased, and the purge would take the debt for settled.
        self._turn = anyio.Lock()

    async def delete(self, view: View, memory_id: str, *, by: str | None = None) -> Erasure:
        """Delete one memory. Raises `NotFound` if it is not visible, superseded and expired ones included."""
        view = _everything(view)
        found = await self._parts.store.memories(view, [memory_id])
        if memory_id not in found:
            raise NotFound(f"There is no memory {memory_id!r}.", kind="memory", id=memory_id)
        counts = await self._drop([found[memory_id]], by)
        return Erasure(state="hidden", counts=counts)

    async def delete_all(
        self, view: View, *, by: str | None = None, told: Callable[[Sequence[str]], Awaitable[None]] | None = None
    ) -> Erasure:
        """Delete everything that the view covers, superseded and expired memories included.

        What was to be added inside its scope and is not yet, will not be. `told` hears the ids, some at a time.
        """
        view = _everything(view)
        counts: Counter[str] = Counter()
        if cancelled := await self._unfinished.cancel(view):
            counts["events"] = cancelled
        partitions: set[Partition] = set()
        while page := (await self._parts.store.find(MemoryQuery(view=view, limit=CHUNK))).items:
            partitions |= {memory.scope.partition for memory in page}
            counts.update(await self._drop(page, by))
            if told is not None:
                await told([memory.id for memory in page])
        counts["episodes"] += await self._drop_episodes(view, partitions)
        return Erasure(state="hidden", counts=counts)

    async def _drop(self, memories: Sequence[Memory], by: str | None) -> Counter[str]:
        by_partition: dict[Partition, list[str]] = {}
        for memory in memories:
            by_partition.setdefault(memory.scope.partition, []).append(memory.id)
        queries = {partition: needs_delete(partition, ids) for partition, ids in by_partition.items()}
        registries = {each.project: await self._projects.registry(each.project) for each in by_partition}
        at = self._parts.clock()

        def planned(partition: Partition, known: Known) -> Plan:
            return plan_delete(
                by_partition[partition],
                known,
                at=at,
                change_id=new_id(),
                registry=registries[partition.project],
                by=by,
                partition=partition,
            )

        async with self._turn:
            await self._parts.store.put_setting(HOUSE, OWED, True)
            committed = await self._committer.commit(queries, planned)
            await self._committer.copy(applied for _, applied in committed.values())
        return _counted(committed.values())

    async def _drop_episodes(self, view: View, partitions: set[Partition]) -> int:
        """What was kept as context for the next extraction goes with the rest of its scope."""
        if any(leaf.field not in SCOPE_FIELDS for leaf in leaves(view.where)):
            return 0
        store = self._parts.store
        dropped = 0
        for partition in sorted(partitions | await self._owned(view)):
            async with self._turn:
                [known] = await store.known(KnownQuery(partition=partition, last_episodes=2**31))
                chosen = [
                    episode.id
                    for episode in known.episodes
                    if not known.sources.get(episode.id) and matches(view.where, episode.scope.ids)
                ]
                if not chosen:
                    continue
                await store.put_setting(HOUSE, OWED, True)
                await store.apply(
                    ChangeSet(
                        id=new_id(),
                        partition=partition,
                        sequence=known.sequence,
                        at=self._parts.clock(),
                        operations=tuple(map(DropEpisode, chosen)),
                    )
                )
                dropped += len(chosen)
        return dropped

    async def _owned(self, view: View) -> set[Partition]:
        """The partitions that a view names as owners; where it names none, all that are left of the project."""
        owners = {
            f"{name.removesuffix('_id')}:{id_}" for name in SCOPE_FIELDS for id_ in pinned(view.where, name) or ()
        }
        if owners:
            return {Partition(view.project, owner) for owner in owners}
        return {changes.partition async for changes in self._parts.store.dump(view.project)}

    async def purge(self) -> Erasure:
        """Erase from every file what was deleted: store, index and vector cache."""
        async with self._turn:
            await self._drainer.drain()
            await self._unfinished.tidy()
            counts: Counter[str] = Counter(await self._parts.store.purge())
            await compact(self._parts.index, self._drainer)
            if self._parts.cache is not None:
                counts["vectors"] += await self._parts.cache.clear()
            await self._parts.store.put_setting(HOUSE, OWED, None)
        return Erasure(state="erased", counts=counts)

    async def settle_debts(self) -> None:
        """Purge, if something that was deleted has not been erased yet."""
        if await self._parts.store.setting(HOUSE, OWED):
            await self.purge()


def _everything(view: View) -> View:
    return replace(view, include_superseded=True, include_expired=True)


def _counted(committed: Iterable[tuple[Plan, Applied]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for plan, applied in committed:
        counts.update(plan.counts)
        counts.update(PLURAL[mark.kind] for mark in applied.removed)
    return counts
