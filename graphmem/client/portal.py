"""Where sync callers meet the async core: one event loop in one thread for each open memory."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from graphmem.errors import Unavailable

__all__ = ["Portal"]

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class Portal:
    """Runs coroutines for callers that are not async, inside a running loop (Jupyter) as well. Starts on first use."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._starting = threading.Lock()
        self._closed = False

    def call(self, function: Callable[..., Awaitable[Answer]], *args: Any, **kwargs: Any) -> Answer:
        """The answer of `await function(...)`."""

        async def run() -> Answer:
            return await function(*args, **kwargs)

        return self._running().call(run)

    def iterate(self, items: AsyncIterator[Item]) -> Iterator[Item]:
        """The items of an async iterator, fetched one at a time."""
        portal = self._running()
        end = object()

        async def step() -> Item | object:
            return await anext(items, end)

        while (item := portal.call(step)) is not end:
            yield item  # type: ignore[misc]

    @property
    def started(self) -> bool:
        """Whether anything ran in it yet, and it is not closed."""
        return self._portal is not None

    def close(self) -> None:
        """Stop the thread; idempotent."""
        self._closed = True
        self._portal = None
        self._stack.close()

    def _running(self) -> BlockingPortal:
        with self._starting:
            if self._closed:
                raise Unavailable("This memory is closed.", hint="Open a new one.")
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal("asyncio", name="graphmem"))
            return self._portal
