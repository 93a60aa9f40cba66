"""Everything as ChangeSets, partition by partition, each from one consistent state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from graphmem.changes import ChangeSet, Operation, PutEntity, PutEpisode, PutMemory, PutRelation, PutRevision
from graphmem.ids import new_id, utc_now
from graphmem.models import Partition
from graphmem.stores.neo4j.found import entity_from, episode_from, memory_from, moment, relation_from, revision_from
from graphmem.stores.neo4j.known import things
from graphmem.stores.neo4j.session import Session, Tx

__all__ = ["dump"]

_MEMORIES = 500


class _Place(NamedTuple):
    """After which memory a page begins."""

    at: datetime
    id: str


_START = _Place(datetime(1, 1, 1, tzinfo=UTC), "")


async def dump(session: Session, project: str | None, owner: str | None) -> AsyncIterator[ChangeSet]:
    """The ChangeSets. What is written meanwhile may be in them or not, each thing whole."""
    for row in await session.read(lambda tx: tx.rows("upkeep/partitions", {"project": project, "owner": owner})):
        partition, sequence = Partition(row["project"], row["owner"]), 0
        async for operations in _partition(session, partition):
            yield ChangeSet(
                id=new_id(), partition=partition, sequence=sequence, at=utc_now(), operations=tuple(operations)
            )
            sequence += 1


async def _partition(session: Session, partition: Partition) -> AsyncIterator[list[Operation]]:
    """First what hangs on no memory, then memories with all that they refer to."""
    operations = await session.read(lambda tx: _loose(tx, partition), patient=True)
    place: _Place | None = _START
    while place is not None:
        here = place
        page, place = await session.read(lambda tx, p=here: _page(tx, partition, p), patient=True)  # type: ignore[misc]
        operations += page
        if operations:
            yield operations
        operations = []


async def _loose(tx: Tx, partition: Partition) -> list[Operation]:
    row = await tx.one("upkeep/dump_loose", partition._asdict())
    if row is None:
        return []
    found = await things(tx, memories=(), relations=(), entities=(), episodes=row["episodes"])
    operations: list[Operation] = [PutEpisode(episode_from(episode)) for episode, _ in found["episodes"]]
    return operations + [PutRevision(revision_from(each)) for each in row["revisions"]]


async def _page(tx: Tx, partition: Partition, place: _Place) -> tuple[list[Operation], _Place | None]:
    """A page's operations, and where the next one begins, if there is one."""
    row = await tx.one("upkeep/dump_page", {**partition._asdict(), **place._asdict(), "limit": _MEMORIES})
    if row is None or not row["memories"]:
        return [], None
    ids = row["memories"]
    found = await things(
        tx, memories=ids, relations=row["relations"], entities=row["entities"], episodes=row["episodes"]
    )
    operations = list(_operations(found, ids, row["revisions"]))
    return operations, _Place(moment(row["at"]), ids[-1]) if len(ids) == _MEMORIES else None


def _operations(found: dict[str, Any], ids: list[str], revisions: list[Any]) -> Iterator[Operation]:
    memories = {row[0]: memory_from(row) for row in found["memories"]}
    yield from (PutEpisode(episode_from(row)) for row, _ in found["episodes"])
    yield from (PutEntity(entity_from(row)) for row in found["entities"])
    yield from (PutRelation(relation_from(row)) for row in found["relations"])
    yield from (PutMemory(memories[id_]) for id_ in ids)
    yield from (PutRevision(revision_from(row)) for row in revisions)
