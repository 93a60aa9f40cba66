"""Doing something to a memory where it is: in the place itself, or by the server that holds it or was named."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from graphmem.cli.command import Call
from graphmem.client.local import LocalBackend
from graphmem.client.locate import locate
from graphmem.client.remote import RemoteBackend

__all__ = ["reach"]

Answer = TypeVar("Answer")


def reach(
    call: Call,
    here: Callable[[LocalBackend], Awaitable[Answer]],
    there: Callable[[RemoteBackend], Awaitable[Answer]],
) -> Answer:
    """The answer of the one or the other, over the memory open."""
    backend = locate(call.location)

    async def run() -> Answer:
        await backend.open()
        try:
            if isinstance(backend, LocalBackend):
                return await here(backend)
            assert isinstance(backend, RemoteBackend)  # there are only these two
            return await there(backend)
        finally:
            await backend.aclose()

    return anyio.run(run)
