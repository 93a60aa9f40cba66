"""Building the search graph of a large shard, in a process of its own.

Edge holds Python's interpreter lock for as long as a call takes, and this one takes seconds: in this process
everything would stand still.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import qdrant_edge as edge

__all__ = ["optimize"]


async def optimize(shard: Path) -> bool:
    """Optimize a shard that nobody has open; whether it came to a good end. Cancelling ends the process.

    A frozen application has no interpreter to start: there nothing is done.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        return False
    process = _start(shard)
    try:
        return await asyncio.to_thread(process.wait) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _start(shard: Path) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "graphmem.vectors.edge.optimizer", str(shard)]
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603  (our own module)


def _main(path: str) -> None:
    if hasattr(os, "nice"):
        os.nice(10)
    shard = edge.EdgeShard.load(path)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    _main(sys.argv[1])
