"""Writers, drainers, rebuilding, crashes and power cuts in any order: in the end the index is what the store says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from graphmem.abc import GraphStore, VectorIndex
from graphmem.changes import Applied, Mark
from graphmem.indexing import Drainer, compact, rebuild, repair
from graphmem.models import Kind
from graphmem.stores.sqlite import SQLiteStore
from graphmem.testing.flat import FlatIndex
from graphmem.testing.oracle import OracleStore
from graphmem.vectors.edge import EdgeIndex
from tests.support.files import quick_folder
from tests.support.gates import Crash, Gated, Gates
from tests.support.lives import ENCODERS, Life
from tests.support.soundness import marks, unfaithful

pytestmark = pytest.mark.anyio

MANY = 1_000
FEW = 25


class NoTombstones(FlatIndex):
    """An index that forgets a deletion when it is carried out: right where one drainer feeds it."""

    async def delete(self, marks: Sequence[Mark]) -> None:
        await super().delete(marks)
        self.deleted.clear()


class World:
    """A store and its index, and lives that go on from one interleaving to the next."""

    def __init__(self, store: GraphStore, index: VectorIndex, seed: int, *, drainers: int = 1) -> None:
        self.store = store
        self.index = index
        self.chance = random.Random(seed)
        self.drainers = drainers
        self.lives = [Life(store, self.chance, number) for number in range(2)]
        self.passed = self.crashes = 0
        self.make: Callable[[Any, Any], Drainer] = lambda store, index: Drainer(store, index, ENCODERS)

    async def interleave(self) -> None:
        """One interleaving, and then what a process does that opens what it left."""
        gates = Gates(self.chance, crash=self.chance.choice([0.0, 0.02, 0.15]))
        store, index = Gated(self.store, gates), Gated(self.index, gates)
        drainers = [self.make(store, index) for _ in range(self.drainers)]
        works = [self.write(life, gates, self.chance.choice(drainers)) for life in self.lives]
        works += [drainer.drain() for drainer in drainers]
        if self.drainers == 1:
            works.append(
                self.chance.choice([self.rebuild, self.compact, self.repair, self.drain])(store, index, drainers[0])
            )
        await gates.run(*works)
        self.passed += gates.passed
        self.crashes += gates.crashes

    async def write(self, life: Life, gates: Gates, drainer: Drainer) -> None:
        """A few changes, each copied at once if that is not stopped; a stopped copy stops nobody else."""
        for _ in range(self.chance.randint(1, 4)):
            await gates.gate()
            applied = await self.step(life)
            if self.chance.random() < 0.7:
                try:
                    await drainer.drain((*applied.marks, *applied.removed))
                except Crash:
                    continue

    async def step(self, life: Life) -> Applied:
        if self.chance.random() < 0.1:
            await self.store.purge()
        return await life.step()

    async def rebuild(self, store: Any, index: Any, drainer: Drainer) -> None:
        await rebuild(store, index, drainer, ENCODERS)

    async def compact(self, _: Any, index: Any, drainer: Drainer) -> None:
        await compact(index, drainer)

    async def repair(self, store: Any, index: Any, drainer: Drainer) -> None:
        await repair(store, index, drainer)

    async def drain(self, _store: Any, _index: Any, drainer: Drainer) -> None:
        await drainer.drain()

    async def recover(self, *, unclean: bool = False) -> None:
        drainer = self.make(self.store, self.index)
        if unclean:
            await repair(self.store, self.index, drainer)
        await drainer.drain()

    async def differences(self) -> list[str]:
        """Where index and store differ, when nothing is owed any longer."""
        belong, held = await marks(self.store.scan()), await marks(self.index.scan())
        ids = sorted(belong.keys() | held.keys())
        found = [f"{held.get(key)} for {belong.get(key)}" for key in ids if held.get(key) != belong.get(key)]
        found += [f"{mark} is still owed" for mark in await self.store.pending(100)]
        return found + await unfaithful(self.store, self.index, ENCODERS)


async def flat_world(
    seed: int, *, index: FlatIndex | None = None, store: GraphStore | None = None, **more: Any
) -> World:
    index = index or NoTombstones()
    await index.open(ENCODERS.fingerprint)
    return World(store or OracleStore(), index, seed, **more)


async def run(world: World, rounds: int, *, cuts: float = 0.0) -> list[str]:
    """The first differences, if any. `cuts` is the share of rounds after which the index lost what it last took."""
    for number in range(rounds):
        assert isinstance(world.index, FlatIndex)
        before = dict(world.index.points), dict(world.index.deleted)
        await world.interleave()
        if cut := world.chance.random() < cuts:
            world.index.points, world.index.deleted = before
        await world.recover(unclean=cut)
        if found := await world.differences():
            return [f"interleaving {number}:", *found]
    return []


@pytest.mark.parametrize("seed", range(2))
async def test_one_drainer(seed: int) -> None:
    world = await flat_world(seed)
    assert await run(world, MANY) == []
    assert world.crashes > MANY / 10


async def test_one_drainer_and_power_cuts() -> None:
    assert await run(await flat_world(10), MANY, cuts=0.3) == []


async def test_two_drainers_with_tombstones() -> None:
    assert await run(await flat_world(20, index=FlatIndex(), drainers=2), MANY) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 102))
async def test_many_more(seed: int) -> None:
    assert await run(await flat_world(seed), 4_000, cuts=0.1) == []
    assert await run(await flat_world(seed, index=FlatIndex(), drainers=2), 4_000) == []


# -- what the same rounds find in parts that are not right


class Restarting(OracleStore):
    """Revisions start again in a partition that was purged."""

    async def purge(self) -> dict[str, int]:
        counts = await super().purge()
        self.state.floor = 0
        return counts


class Hasty(OracleStore):
    """Clears a mark even if the thing was written again since."""

    async def settle(self, done: Sequence[Mark]) -> None:
        gone = {(mark.kind, mark.id) for mark in done}
        self.state.marks = {key: mark for key, mark in self.state.marks.items() if key not in gone}


class Forgetful(OracleStore):
    """Does not mark what is removed."""

    async def pending(self, limit: int) -> list[Mark]:
        there: set[tuple[Kind, str]] = {(kind, key) for kind, key, _ in self._marks()}
        gone = [mark for mark in await super().pending(limit) if (mark.kind, mark.id) not in there]
        await self.settle(gone)
        return await super().pending(limit)


class Unaware(Drainer):
    """Clears marks while a fresh copy fills, for having reached the copy that is about to go."""

    @property
    def _switching(self) -> bool:
        return False

    @_switching.setter
    def _switching(self, value: bool) -> None:
        return


class SettlingFirst(Drainer):
    """Clears marks before the index has taken the write."""

    async def _copy(self, marks: Sequence[Mark]) -> None:
        await self._store.settle(marks)
        await super()._copy(marks)


class Rewriting(NoTombstones):
    """Writes whatever it is given, over newer things too."""

    async def upsert(self, points: Sequence[Any]) -> None:
        self.points |= {point.id: point for point in points}


class Dropping(NoTombstones):
    """What is written while a fresh copy fills is lost with the old one."""

    async def rebuild(self, fingerprint: str, batches: Any) -> None:
        beside = FlatIndex()
        await beside.open(fingerprint)
        async for points in batches:
            await beside.upsert(points)
        self.points = beside.points


@pytest.mark.parametrize("store", [Restarting, Hasty, Forgetful])
async def test_a_store_that_marks_wrongly_is_found_out(store: type[OracleStore]) -> None:
    several = {"index": FlatIndex(), "drainers": 2} if store is Restarting else {}
    assert await run(await flat_world(1, store=store(), **several), MANY)


@pytest.mark.parametrize("drainer", [Unaware, SettlingFirst])
async def test_a_drainer_that_settles_wrongly_is_found_out(drainer: type[Drainer]) -> None:
    world = await flat_world(1, index=Dropping())
    world.make = lambda store, index: drainer(store, index, ENCODERS)
    assert await run(world, MANY)


async def test_without_fences_two_drainers_are_found_out() -> None:
    assert await run(await flat_world(1, index=Rewriting(), drainers=2), MANY)


async def test_one_drainer_needs_no_copy_that_hears_of_everything() -> None:
    assert await run(await flat_world(2, index=Dropping()), MANY // 2) == []


# -- the real pair


async def test_the_embedded_pair() -> None:
    with quick_folder() as place:
        store = SQLiteStore(place / "graph.sqlite", synchronous="NORMAL")
        index = EdgeIndex(place / "vectors", reserve=16 * 2**20)
        await store.open()
        await index.open(ENCODERS.fingerprint)
        world = World(store, index, 30)
        try:
            for number in range(FEW):
                await world.interleave()
                if world.chance.random() < 0.3:
                    await index.aclose()
                    await store.aclose()
                    await store.open()
                    await index.open(ENCODERS.fingerprint)
                await world.recover(unclean=not index.clean)
                assert await world.differences() == [], f"interleaving {number}"
        finally:
            await index.aclose()
            await store.aclose()
    assert world.crashes
