"""Moving house: a whole store into another, through a backup or at once, with nothing lost on the way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from graphmem.abc import GraphStore
from graphmem.changes import ChangeSet, PutMemory
from graphmem.engine.codec import decode, encode
from graphmem.engine.records import HOUSE
from graphmem.errors import Conflict, CorruptStore, InvalidInput
from graphmem.ids import check_id, utc_now
from graphmem.models import Partition

__all__ = ["Census", "Moved", "backup", "census", "copy", "restore"]

FORMAT = 1
"""Version of the backup's format, in its first line."""

UNDER_WAY = "moving_in"
"""The setting of a store that is being filled: what it is filled from."""

OF_THE_MACHINE = frozenset({UNDER_WAY, "index_stop"})
"""Settings that say something about this store and its index, and not about what it holds."""

Progress = Callable[[int], None]


@dataclass(slots=True)
class Census:
    """What a store holds, by kind, and a sum over all of it: two stores that agree in both hold the same.

    The sum is that of the SHA-256 of each thing as JSON, modulo 2²⁵⁶, so the order does not matter. Revision numbers,
    which each store gives anew, are left out, and so is what is derived.
    """

    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def add(self, thing: Mapping[str, Any]) -> None:
        """Count one thing."""
        self.counts[str(thing["type"])] += 1
        said = json.dumps(thing, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self.total = (self.total + int.from_bytes(sha256(said).digest(), "big")) % 2**256

    @property
    def checksum(self) -> str:
        """The sum, in hexadecimal."""
        return f"{self.total:064x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What came over: counts by kind, and the checksum that both sides agree in."""

    counts: Mapping[str, int]
    checksum: str


async def census(store: GraphStore) -> Census:
    """What a store holds."""
    found = Census()
    async for thing in _settings(store):
        found.add(thing)
    async for change in store.dump():
        for operation in change.operations:
            found.add(encode(operation))
    return found


async def copy(source: GraphStore, target: GraphStore, name: str, progress: Progress | None = None) -> Moved:
    """Copy everything into an empty store, and compare the two; `progress` hears how many memories came over.

    `name` names the source. A copy that was interrupted goes on when it is started again from the same one. Raises
    `InvalidInput` when the target holds anything else, `CorruptStore` when the two differ in the end.
    """
    await _begin(target, name)
    sent, done = Census(), 0
    async for thing in _settings(source):
        sent.add(thing)
        await target.put_setting(thing["project"], thing["name"], thing["value"])
    async for change in source.dump():
        encoded = [encode(operation) for operation in change.operations]
        for thing in encoded:
            sent.add(thing)
        await target.apply(replace(change, id=_same_id(change.partition, encoded)))
        done += _memories(change)
        if progress is not None:
            progress(done)
    return await _finish(target, sent)


async def backup(store: GraphStore) -> AsyncGenerator[str, None]:
    """Everything of all projects as JSON lines, one consistent state, closed by counts and a checksum."""
    yield json.dumps({"type": "graphmem-backup", "format": FORMAT, "at": utc_now().isoformat()})
    told = Census()
    async for thing in _settings(store):
        told.add(thing)
        yield json.dumps(thing, ensure_ascii=False)
    async for change in store.dump():
        encoded = [encode(operation) for operation in change.operations]
        head = {"type": "changes", "id": _same_id(change.partition, encoded), "partition": list(change.partition)}
        yield json.dumps({**head, "sequence": change.sequence}, ensure_ascii=False)
        for thing in encoded:
            told.add(thing)
            yield json.dumps(thing, ensure_ascii=False)
    yield json.dumps({"type": "end", "counts": told.counts, "checksum": told.checksum})


async def restore(lines: Iterable[str], target: GraphStore, progress: Progress | None = None) -> Moved:
    """Fill an empty store from a backup's lines, and compare it with what they say of themselves.

    A restore that was interrupted goes on when it is started again with the same backup. Raises `InvalidInput` for what
    is no backup and for a store that holds anything else, `CorruptStore` for one that is damaged or cut off.
    """
    numbered = enumerate(lines, start=1)
    head = _head(next(numbered, (1, ""))[1])
    await _begin(target, f"backup of {head['at']}")
    told, done = Census(), 0
    end: Mapping[str, Any] | None = None
    for things in _groups(numbered):
        first = things[0][1]
        if first["type"] == "end":
            end = first
            break
        for _, thing in things:
            if thing["type"] != "changes":
                told.add(thing)
        if first["type"] == "setting":
            await target.put_setting(first["project"], first["name"], first["value"])
            continue
        change = _change(things)
        try:
            await target.apply(change)
        except (Conflict, InvalidInput) as error:
            raise CorruptStore(
                f"What begins at line {things[0][0]} of the backup cannot be taken: {error}", hint="Take another one."
            ) from None
        done += _memories(change)
        if progress is not None:
            progress(done)
    if end is None or end["checksum"] != told.checksum:
        raise CorruptStore(
            "The backup is cut off: its last line is missing."
            if end is None
            else "The backup is damaged: what it holds is not what its last line says.",
            hint="Take another one. What was filled with this one is not to be trusted: empty it first.",
        )
    return await _finish(target, told)


async def _begin(target: GraphStore, name: str) -> None:
    under_way = await target.setting(HOUSE, UNDER_WAY)
    if under_way not in (None, name):
        raise InvalidInput(
            f"The store is being filled from {under_way!r}, which was interrupted.",
            hint="Go on with that, or empty it.",
        )
    held = await target.tally()
    if under_way is None and (held["memories"] or held["revisions"]):
        raise InvalidInput(
            f"The store holds {held['memories']} memories: filling it would mix what does not belong together.",
            hint="Name an empty one, or use export and import to join two.",
        )
    await target.put_setting(HOUSE, UNDER_WAY, name)


async def _finish(target: GraphStore, sent: Census) -> Moved:
    came = await census(target)
    if (came.counts, came.total) != (sent.counts, sent.total):
        raise CorruptStore(
            f"The two stores differ: {dict(sent.counts)} were sent, {dict(came.counts)} are there.",
            hint="Did somebody write to one of them meanwhile? Empty the new one and begin again.",
        )
    await target.put_setting(HOUSE, UNDER_WAY, None)
    return Moved(counts=dict(sent.counts), checksum=sent.checksum)


async def _settings(store: GraphStore) -> AsyncIterator[dict[str, Any]]:
    for project, name, value in await store.settings():
        if not (project == HOUSE and name in OF_THE_MACHINE):
            yield {"type": "setting", "project": project, "name": name, "value": value}


def _same_id(partition: Partition, encoded: list[dict[str, Any]]) -> str:
    """An id that the same things get whenever they are read: what was carried out before is not done again."""
    said = json.dumps([*partition, *encoded], sort_keys=True, ensure_ascii=False)
    return str(uuid5(NAMESPACE_OID, sha256(said.encode("utf-8", "surrogatepass")).hexdigest()))


def _memories(change: ChangeSet) -> int:
    return sum(isinstance(operation, PutMemory) for operation in change.operations)


# -- reading a backup


def _head(line: str) -> Mapping[str, Any]:
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("type") != "graphmem-backup":
        raise InvalidInput("This is no backup of graphmem.", hint="An export is read with `graphmem import`.")
    if head.get("format") != FORMAT:
        raise InvalidInput(
            f"The backup has the format {repr(head.get('format'))[:20]}; this version reads {FORMAT}.",
            hint="Restore it with the version that made it, or a later one.",
        )
    return head


def _groups(lines: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, Mapping[str, Any]]]]:
    """The lines that belong together: a setting, the last line, or a line of type `changes` with all it opens."""
    group: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in chain(lines, [(0, '{"type": "changes"}')]):
        try:
            thing = json.loads(line)
            opens = thing["type"] in ("setting", "changes", "end")
        except (ValueError, RecursionError, TypeError, KeyError) as error:
            raise CorruptStore(
                f"Line {number} of the backup cannot be read: {error}.", hint="Take another one."
            ) from None
        if opens and group:
            yield group
            group = []
        group.append((number, thing))


def _change(things: list[tuple[int, Mapping[str, Any]]]) -> ChangeSet:
    number, head = things[0]
    try:
        project, owner = head["partition"]
        operations = []
        for number, thing in things[1:]:  # noqa: B007 (the error names the line)
            operations.append(decode(thing, project))
        return ChangeSet(
            id=check_id(head["id"]),
            partition=Partition(project, owner),
            sequence=int(head["sequence"]),
            at=utc_now(),
            operations=tuple(operations),
        )
    except (KeyError, ValueError, TypeError, InvalidInput) as error:
        raise CorruptStore(f"Line {number} of the backup cannot be taken: {error}", hint="Take another one.") from None
