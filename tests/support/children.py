"""Processes to be killed, or to die in our stead: forked from one that has all loaded, so that a start costs little."""

from __future__ import annotations

import asyncio
import multiprocessing
import traceback
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from graphmem.abc import model_requests

__all__ = ["Died", "Work", "ask", "start"]

PATIENCE = 120.0
"""Seconds after which a child is taken to hang."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", "tests.support.preloaded"])

Work = Callable[..., Coroutine[Any, Any, Any]]


class Died(Exception):
    """A child ended without an answer. `code` is its exit code: the negative number of the signal that ended it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the child ended with {code}")
        self.code = code


def start(work: Work, *args: Any) -> tuple[BaseProcess, Connection]:
    """Run `await work(tell, *args)` in a child, to be killed by the caller; what it tells arrives here."""
    ours, theirs = _context.Pipe(duplex=False)
    child = _context.Process(target=_run, args=(theirs, work, args), daemon=True)
    child.start()
    theirs.close()
    return child, ours


def ask(work: Work, *args: Any) -> Any:
    """The answer of `await work(*args)` in a child. Raises `Died` if the child does before it answers."""
    ours, theirs = _context.Pipe(duplex=False)
    child = _context.Process(target=_answer, args=(theirs, work, args), daemon=True)
    child.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE):
            raise TimeoutError(f"{work.__name__} did not answer within {PATIENCE:.0f} s")
        fine, answer = ours.recv()
    except EOFError:
        child.join()
        raise Died(child.exitcode) from None
    finally:
        child.kill()
        child.join()
        ours.close()
    if not fine:
        raise AssertionError(f"{work.__name__} failed in a child:\n{answer}")
    return answer


def _run(to: Connection, work: Work, args: tuple[Any, ...]) -> None:
    with model_requests(allowed=False):
        asyncio.run(work(to.send, *args))


def _answer(to: Connection, work: Work, args: tuple[Any, ...]) -> None:
    try:
        with model_requests(allowed=False):
            answer = True, asyncio.run(work(*args))
    except Exception:
        answer = False, traceback.format_exc()
    to.send(answer)
    to.close()
