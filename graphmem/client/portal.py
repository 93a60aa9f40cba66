"""Where sync callers meet the async core: one event loop in one thread for each open memory."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  (for its hook at the interpreter's end: ours comes later, so runs first)
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from graphmem.errors import Unavailable

__all__ = ["Portal"]

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class Portal:
    """Runs coroutines for callers that are not async, inside a running loop (Jupyter) as well.

    It starts on first use. `closing` is the last thing that runs in it, when it is closed or the interpreter ends.
    """

    def __init__(self, closing: Callable[[], Awaitable[None]]) -> None:
        self._closing = closing
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._turn = threading.Lock()
        self._closed = False

    def call(self, function: Callable[..., Awaitable[Answer]], *args: Any, **kwargs: Any) -> Answer:
        """The answer of `await function(...)`, which is cancelled where the caller is interrupted (Ctrl+C)."""

        async def run() -> Answer:
            return await function(*args, **kwargs)

        return _answer(self._running(), run)

    def iterate(self, items: AsyncGenerator[Item, None]) -> Iterator[Item]:
        """The items of an async generator, fetched one at a time; it is closed where the caller stops early."""
        portal = self._running()
        end = object()

        async def step() -> Item | object:
            return await anext(items, end)

        try:
            while (item := _answer(portal, step)) is not end:
                yield item  # type: ignore[misc]
        finally:
            if self._portal is portal:
                portal.call(items.aclose)

    def close(self) -> None:
        """Run what closes, and stop the thread; idempotent."""
        with self._turn:
            self._closed = True
            portal, self._portal = self._portal, None
        _running.discard(self)
        with self._stack:
            if portal is not None:
                portal.call(self._closing)

    def _running(self) -> BlockingPortal:
        with self._turn:
            if self._closed:
                raise Unavailable("This memory is closed.", hint="Open a new one.")
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal("asyncio", name="graphmem"))
                _running.add(self)
            return self._portal


_running: set[Portal] = set()
"""Those that were started and not closed."""


def _answer(portal: BlockingPortal, run: Callable[[], Awaitable[Answer]]) -> Answer:
    future = portal.start_task_soon(run)
    try:
        return future.result()
    finally:
        future.cancel()


def _close_all() -> None:
    with ExitStack() as all_of_them:
        for portal in list(_running):
            all_of_them.callback(portal.close)


# The interpreter waits for its threads before it runs what `atexit` was given, and one that runs an event loop would
# never end: a program that forgets to close its memory would hang. This hook comes before the waiting, and before
# thread pools refuse the work that closing is made of. There is no public one.
threading._register_atexit(_close_all)  # type: ignore[attr-defined]
