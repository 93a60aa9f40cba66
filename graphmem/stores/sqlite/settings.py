"""What projects keep besides their memories: settings, by name."""

from __future__ import annotations

from typing import Any

from graphmem.stores.sqlite import upkeep
from graphmem.stores.sqlite.pool import Pool
from graphmem.stores.sqlite.session import Session

__all__ = ["Settings"]


class Settings:
    """The settings of `GraphStore`, for a store in SQLite."""

    _pool: Pool

    async def setting(self, project: str, name: str) -> Any:
        """See `GraphStore.setting`."""
        return await self._pool.read(lambda session: upkeep.setting(session, project, name), brief=True)

    async def put_setting(self, project: str, name: str, value: Any) -> None:
        """See `GraphStore.put_setting`."""

        def work(session: Session) -> None:
            with session.writing():
                upkeep.put_setting(session, project, name, value)

        await self._pool.write(work)

    async def swap_setting(self, project: str, name: str, old: Any, new: Any) -> bool:
        """See `GraphStore.swap_setting`."""

        def work(session: Session) -> bool:
            with session.writing():
                return upkeep.swap_setting(session, project, name, old, new)

        return await self._pool.write(work)

    async def settings(self, project: str | None = None, prefix: str = "") -> list[tuple[str, str, Any]]:
        """See `GraphStore.settings`."""
        return await self._pool.read(lambda session: upkeep.settings(session, project, prefix))
