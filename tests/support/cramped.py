"""Lives on a disk that fills up, or that cannot be written: `python -m tests.support.cramped full|readonly FOLDER`.

Run where it may mount (`unshare --mount`, as root or with a user namespace): what it mounts goes with the process.
Prints one JSON line a step: its name, and what came of it.
"""

from __future__ import annotations

import asyncio
import errno
import json
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from graphmem.assemble import assemble
from graphmem.client.local import LocalBackend
from graphmem.errors import GraphmemError
from graphmem.settings import Settings
from tests.support.soundness import everything, unfindable, unsound

SIZE = 120
"""Megabytes of the disk."""

SETTINGS = Settings(embedder="hashing", extractor="rules", free_space_mb=32)


def say(step: str, **found: Any) -> None:
    sys.stdout.write(json.dumps({"step": step, **found}) + "\n")
    sys.stdout.flush()


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


async def outcome(work: Awaitable[Any]) -> Any:
    """The answer, or the error as a dict."""
    try:
        return await work
    except GraphmemError as error:
        return {"error": error.code, "message": str(error)}


def fact(number: int) -> dict[str, Any]:
    relation = (f"Person {number % 5}", "VISITED", f"Town {number}")
    return {"messages": f"Fact {number}: a visit", "user_id": "ana", "infer": False, "relations": [relation]}


class Filler:
    """A file that takes the room that others need."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "filler"

    def leave(self, free: int) -> None:
        """Fill the disk but for so many bytes."""
        with self.path.open("wb", buffering=0) as file:
            written = 0
            for size in (2**20, 2**12, 1):
                try:
                    while True:
                        written += file.write(b"x" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            file.truncate(max(0, written - free))

    def go(self) -> None:
        self.path.unlink(missing_ok=True)


async def full(folder: Path) -> None:
    mount("-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder))
    memory = LocalBackend(assemble(SETTINGS, folder / "memory"))
    await memory.open()
    store, index = memory.engine.parts.store, memory.engine.parts.index
    filler = Filler(folder)
    for number in range(20):
        await memory.add(fact(number))

    filler.leave(20 * 2**20)
    added = await outcome(memory.add(fact(20)))
    say("little left: add", **added)
    say("little left: texts", texts=len((await everything(store)).texts))
    [known] = (await memory.get_all({"user_id": "ana", "top_k": 1}))["results"]
    say("little left: read", newest=known["memory"])
    say("little left: search", results=len((await memory.search({"query": "visit", "user_id": "ana"}))["results"]))

    filler.leave(0)
    before = await state(memory)
    refused = {}
    for number in range(21, 60):
        said = await outcome(memory.add(fact(number)))
        if "error" in said:
            refused = said
            break
        before = await state(memory)
    say("nothing left: add", **refused)
    say("nothing left: unchanged", same=await state(memory) == before)
    say("nothing left: add_many", **_brief(await outcome(memory.add_many([fact(n) for n in range(100, 200)]))))
    say("nothing left: update", **_brief(await outcome(memory.update(known["id"], {"text": "x" * 100_000}))))
    say("nothing left: purge", **_brief(await outcome(memory.purge())))
    say("nothing left: still unchanged", same=await state(memory) == before)
    say("nothing left: search", results=len((await memory.search({"query": "visit", "user_id": "ana"}))["results"]))
    say("nothing left: close", **_brief(await outcome(memory.aclose())))

    again = LocalBackend(assemble(SETTINGS, folder / "memory"))
    say("nothing left: open", **_brief(await outcome(again.open())))
    await outcome(again.aclose())
    filler.go()
    memory = LocalBackend(assemble(SETTINGS, folder / "memory"))
    await memory.open()
    store, index = memory.engine.parts.store, memory.engine.parts.index
    say("free again: unchanged", same=await state(memory) == before)
    await memory.add(fact(60))
    texts = (await everything(store)).texts
    say("free again: sound", problems=[*await unsound(store, index), *await unfindable(memory.engine, texts)])
    await memory.aclose()


async def state(memory: LocalBackend) -> list[str]:
    """The export, without what is made for each export."""
    return [line async for line in memory.export({}) if '"type": "changes"' not in line]


def _brief(answer: Any) -> dict[str, Any]:
    return answer if isinstance(answer, dict) and "error" in answer else {"done": True}


async def readonly(folder: Path) -> None:
    inside = folder / "memory"
    memory = LocalBackend(assemble(SETTINGS, inside))
    await memory.open()
    await memory.add(fact(1))
    await memory.aclose()
    mount("--bind", str(folder), str(folder))
    mount("-o", "remount,bind,ro", str(folder))
    for name, place in (("there", inside), ("new", folder / "another")):
        memory = LocalBackend(assemble(SETTINGS, place))
        say(f"open {name}", **_brief(await outcome(memory.open())))
        say(f"again {name}", **_brief(await outcome(memory.open())))
        say(f"close {name}", **_brief(await outcome(memory.aclose())))


if __name__ == "__main__":
    asyncio.run({"full": full, "readonly": readonly}[sys.argv[1]](Path(sys.argv[2])))
