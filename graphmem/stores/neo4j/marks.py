"""What the index should hold, and what is stale in it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from graphmem.changes import Mark
from graphmem.models import SCOPE_FIELDS, Kind
from graphmem.queries import Record
from graphmem.stores.documents import loaded
from graphmem.stores.neo4j.session import Session, Tx

__all__ = ["mark", "pending", "records", "scan", "settle"]

_KINDS: tuple[Kind, ...] = ("memory", "relation", "entity")

_GONE = 2**62
"""The revision of a mark for what is gone: above that of any copy."""

_BATCH = 2_000


async def pending(tx: Tx, limit: int) -> list[Mark]:
    """The oldest marks."""
    rows = await tx.rows("outbox/pending", {"limit": limit})
    return [Mark(row["kind"], row["id"], row["revision"]) for row in rows]


async def settle(tx: Tx, done: Sequence[Mark]) -> None:
    """Clear marks that are still the same."""
    rows = [{"id": each.id, "kind": each.kind, "revision": each.revision} for each in sorted(done, key=_id)]
    if rows:
        await tx.run("outbox/settle", {"done": rows})


def _id(mark: Mark) -> str:
    # Locks are taken in one order everywhere.
    return mark.id


async def mark(tx: Tx, refs: Sequence[tuple[Kind, str]]) -> None:
    """Mark again, at the present revision or as gone."""
    now = time.time_ns()
    ordered = sorted((id_, kind, now + n) for n, (kind, id_) in enumerate(refs))
    rows = [{"id": id_, "kind": kind, "n": n} for id_, kind, n in ordered]
    if rows:
        await tx.run("outbox/mark", {"refs": rows, "gone": _GONE})


async def records(tx: Tx, marks: Sequence[Mark]) -> dict[str, Record]:
    """What the index should hold of these ids; what is gone is missing."""
    if not marks:
        return {}
    ids = {kind: sorted({each.id for each in marks if each.kind == kind}) for kind in _KINDS}
    asked = {"memories": ids["memory"], "relations": ids["relation"], "entities": ids["entity"]}
    [row] = await tx.rows("outbox/records", asked)
    return {record.id: record for record in _records(row.data())}


def _records(found: dict[str, Any]) -> Iterable[Record]:
    for id_, revision, project, owner, text, user, agent, app, run, metadata, categories in found["memories"]:
        scope = zip(SCOPE_FIELDS, (user, agent, app, run), strict=True)
        yield Record(
            kind="memory",
            id=id_,
            revision=revision,
            project=project,
            owner=owner,
            text=text,
            scope={name: value for name, value in scope if value},
            metadata=loaded(metadata),
            categories=tuple(categories),
        )
    for id_, revision, project, owner, *sentence in found["relations"]:
        yield Record(kind="relation", id=id_, revision=revision, project=project, owner=owner, text=" ".join(sentence))
    for id_, revision, project, owner, name, aliases in found["entities"]:
        text = ", ".join([name, *sorted(aliases)])
        yield Record(kind="entity", id=id_, revision=revision, project=project, owner=owner, text=text)


async def scan(session: Session) -> AsyncIterator[Sequence[Mark]]:
    """All that belongs into the index, in batches; each batch is one read."""
    for kind in _KINDS:
        after = ""
        while True:
            params = {"after": after, "limit": _BATCH}
            rows = await session.read(lambda tx, k=kind, p=params: tx.rows(f"outbox/scan_{k}", p))  # type: ignore[misc]
            if not rows:
                break
            yield [Mark(kind, row["id"], row["revision"]) for row in rows]
            after = rows[-1]["id"]
