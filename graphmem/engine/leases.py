"""Who works where: names in the store that one worker at a time holds, and that fall to others when it dies."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import anyio

from graphmem.abc import GraphStore
from graphmem.engine.records import HOUSE
from graphmem.ids import new_id
from graphmem.stores.folder import FolderLock

__all__ = ["LEASE", "Leases"]

LEASE = timedelta(seconds=30)
"""How long a name is held without being renewed: longer than clocks differ and event loops stand still."""


class Leases:
    """The names that this worker holds. Each is a setting of the house, `lane:{name}`: who has it, and until when."""

    def __init__(self, store: GraphStore, clock: Callable[[], datetime], lock: FolderLock | None) -> None:
        self._store = store
        self._clock = clock
        self._worker = new_id()
        # Whoever else wrote this place had the folder before us, or we should not have it: it is dead.
        self._place = None if lock is None else sha256(f"{platform.node()}\0{lock.folder}".encode()).hexdigest()[:16]
        self._held: dict[str, Mapping[str, Any]] = {}
        self._turn = anyio.Lock()  # or what is being let go would be renewed

    @property
    def renewal(self) -> float:
        """Seconds between two renewals: so that one may fail, and another."""
        return LEASE.total_seconds() / 4

    async def take(self, name: str) -> datetime | None:
        """Hold `name`: None if it is held now, else until when somebody else does."""
        found = await self._store.setting(HOUSE, _setting(name))
        if found is not None and (until := self._foreign(found)) is not None:
            return until
        if await self._swap(name, found):
            return None
        return self._clock() + LEASE / 10  # somebody was faster; for a short work, maybe

    async def renew(self) -> list[str]:
        """Hold on to all that is held; returns the names that were lost to others."""
        async with self._turn:
            lost = [name for name, mine in list(self._held.items()) if not await self._swap(name, mine)]
            for name in lost:
                self._held.pop(name, None)
        return lost

    async def release(self, name: str) -> None:
        """Let go of `name`, if it is held."""
        async with self._turn:
            mine = self._held.pop(name, None)
            if mine is not None:
                await self._store.swap_setting(HOUSE, _setting(name), mine, None)

    async def sweep(self) -> None:
        """Remove what dead workers held, where nobody comes to take it over."""
        for _, name, found in await self._store.settings(HOUSE, _setting("")):
            if name.removeprefix(_setting("")) not in self._held and self._foreign(found) is None:
                await self._store.swap_setting(HOUSE, name, found, None)

    def _foreign(self, found: Mapping[str, Any]) -> datetime | None:
        """Until when a lease is somebody's who may be alive."""
        until = datetime.fromisoformat(found["until"])
        mine = found["worker"] == self._worker or (self._place is not None and found["place"] == self._place)
        return None if mine or until <= self._clock() else until

    async def _swap(self, name: str, old: Mapping[str, Any] | None) -> bool:
        until = (self._clock() + LEASE).isoformat()
        new = {"worker": self._worker, "place": self._place, "until": until}
        if await self._store.swap_setting(HOUSE, _setting(name), old, new):
            self._held[name] = new
            return True
        return False


def _setting(name: str) -> str:
    return f"lane:{name}"
