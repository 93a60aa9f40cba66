"""Counts a memory up, as planning would: read, decide, apply; again where somebody was faster.

Run as a program with the file, the memory's id, and how often; it says so each time.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime

from graphmem.changes import ChangeSet, PutMemory, PutRevision, Watch
from graphmem.errors import Conflict, Unavailable
from graphmem.ids import new_id
from graphmem.models import Event, Memory, Partition, Revision
from graphmem.queries import KnownQuery
from graphmem.stores.sqlite import SQLiteStore

PARTITION = Partition("counting", "user:ana")


async def count(store: SQLiteStore, memory_id: str, times: int, *, aloud: bool = False) -> int:
    """Add one to the number in the memory's text, `times` times; how often somebody was faster."""
    conflicts = 0
    for _ in range(times):
        while True:
            try:
                (known,) = await store.known(KnownQuery(partition=PARTITION, memory_ids=frozenset({memory_id})))
                await store.apply(_next(known.memories[memory_id], known.sequence))
            except (Conflict, Unavailable):
                conflicts += 1
            else:
                break
        if aloud:
            sys.stdout.write("one more\n")
            sys.stdout.flush()
    return conflicts


def _next(memory: Memory, sequence: int) -> ChangeSet:
    now = datetime.now(UTC)
    counted = replace(memory, text=str(int(memory.text) + 1), updated_at=now)
    told = Revision(
        id=new_id(), memory_id=memory.id, event=Event.UPDATE, at=now, new_text=counted.text, state=counted.state()
    )
    return ChangeSet(
        id=new_id(),
        partition=PARTITION,
        sequence=sequence,
        at=now,
        operations=(PutMemory(counted), PutRevision(told)),
        watch=Watch(ids=frozenset({memory.id})),
    )


async def main(path: str, memory_id: str, times: str) -> None:
    store = SQLiteStore(path)
    await store.open()
    await count(store, memory_id, int(times), aloud=True)
    await store.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
