"""Interleavings on purpose: every step of every task waits at a gate until chance lets it pass, or stops it there."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any

__all__ = ["Crash", "Gated", "Gates"]

MOVES = 4
"""Turns of the event loop that let whoever was let through come to the next gate."""

PATIENCE = 60.0
"""Seconds without a step after which the tasks are taken to wait for each other."""


class Crash(Exception):
    """What a task meets at a gate instead of passing it: as if it had died there."""


class Gates:
    """Runs tasks a step at a time, in an order that chance decides."""

    def __init__(self, chance: random.Random, *, crash: float = 0.0) -> None:
        self.chance = chance
        self.crash = crash
        self.passed = 0
        self.crashes = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._arrived = asyncio.Event()

    async def gate(self) -> None:
        """Wait for one's turn. Raises `Crash` where chance has it."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._arrived.set()
        await turn

    async def run(self, *works: Coroutine[Any, Any, Any]) -> None:
        """Run all to their ends, or to where they crash; raises whatever else one of them raises."""
        tasks = [asyncio.ensure_future(_survived(work)) for work in works]
        for task in tasks:
            task.add_done_callback(lambda _: self._arrived.set())
        try:
            while not all(task.done() for task in tasks):
                await self._step()
            for task in tasks:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._waiting.clear()

    async def _step(self) -> None:
        self._arrived.clear()
        for _ in range(MOVES):
            await asyncio.sleep(0)
        self._waiting = [turn for turn in self._waiting if not turn.done()]
        if not self._waiting:
            await asyncio.wait_for(self._arrived.wait(), PATIENCE)
            return
        turn = self._waiting.pop(self.chance.randrange(len(self._waiting)))
        self.passed += 1
        if self.chance.random() < self.crash:
            self.crashes += 1
            turn.set_exception(Crash("stopped at a gate"))
        else:
            turn.set_result(None)


async def _survived(work: Coroutine[Any, Any, Any]) -> None:
    with suppress(Crash):
        await work


class Gated:
    """A part whose asynchronous methods have a gate before them and one after; its streams one before each batch."""

    def __init__(self, part: Any, gates: Gates) -> None:
        self._part = part
        self._gates = gates

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if inspect.iscoroutinefunction(found):
            return self._gated(found)
        if inspect.isasyncgenfunction(found):
            return self._stream(found)
        return found

    def _gated(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def called(*args: Any, **kwargs: Any) -> Any:
            await self._gates.gate()
            answer = await method(*(self._watched(arg) for arg in args), **kwargs)
            await self._gates.gate()
            return answer

        return called

    def _stream(self, method: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def called(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            await self._gates.gate()
            async for batch in method(*args, **kwargs):
                yield batch
                await self._gates.gate()

        return called

    def _watched(self, argument: Any) -> Any:
        """A stream that is handed in is drawn from step by step, too."""
        if not inspect.isasyncgen(argument):
            return argument

        async def drawn() -> AsyncIterator[Any]:
            async for batch in argument:
                await self._gates.gate()
                yield batch

        return drawn()
