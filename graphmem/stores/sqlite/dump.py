"""Everything as ChangeSets, partition by partition, from one consistent state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from graphmem.changes import (
    ChangeSet,
    Operation,
    PutEntity,
    PutEpisode,
    PutMemory,
    PutRelation,
    PutRevision,
)
from graphmem.ids import new_id, utc_now
from graphmem.models import Partition, Revision
from graphmem.stores.sqlite.hydrate import entities_at, episodes_at, memories_by_id, relations_at, stating
from graphmem.stores.sqlite.rows import json_array, revision_from
from graphmem.stores.sqlite.session import Session

__all__ = ["dump"]

_MEMORIES = 500
_NOWHERE: tuple[int, Iterable[Any]] = (2**63, ())
_START = (-9_000_000_000_000_000_000, "")


def dump(session: Session, project: str | None, owner: str | None) -> Iterator[ChangeSet]:
    """The ChangeSets, in a transaction that stays open until the last."""
    with session.reading():
        # Both in the order of partitions, so that the history of what is gone is read once and never held.
        gone = groupby(session.each("upkeep/dump_gone"), key=itemgetter(0))
        where, rows = next(gone, _NOWHERE)
        for pk, *place in session.all("upkeep/partitions", project=project, owner=owner):
            while where < pk:
                where, rows = next(gone, _NOWHERE)
            history = [revision_from(row[1:]) for row in rows] if where == pk else []
            for sequence, operations in enumerate(_partition(session, pk, history)):
                yield ChangeSet(
                    id=new_id(),
                    partition=Partition(*place),
                    sequence=sequence,
                    at=utc_now(),
                    operations=tuple(operations),
                )


def _partition(session: Session, partition: int, history: list[Revision]) -> Iterator[list[Operation]]:
    """First what hangs on no memory, then memories with all that they refer to."""
    loose = [pk for (pk,) in session.all("upkeep/dump_unlinked", partition=partition)]
    operations: list[Operation] = [PutEpisode(episode) for episode in episodes_at(session, loose)]
    operations += [PutRevision(revision) for revision in history]
    at, id_ = _START
    while True:
        rows = session.all("upkeep/dump_page", partition=partition, at=at, id=id_, limit=_MEMORIES)
        if rows:
            at, id_ = rows[-1]
            operations += _memories(session, [row[1] for row in rows])
        if operations:
            yield operations
        if len(rows) < _MEMORIES:
            return
        operations = []


def _memories(session: Session, ids: list[str]) -> Iterator[Operation]:
    refs: dict[str, list[int]] = {"entity": [], "relation": [], "episode": []}
    for kind, pk in session.all("upkeep/dump_refs", ids=json_array(ids)):
        refs[kind].append(pk)
    yield from (PutEpisode(each) for each in episodes_at(session, refs["episode"]))
    yield from (PutEntity(each) for each in entities_at(session, refs["entity"]).values())
    yield from (PutRelation(each) for each in relations_at(session, stating(session, refs["relation"])).values())
    yield from (PutMemory(each) for each in memories_by_id(session, ids).values())
    for row in session.all("upkeep/dump_revisions", ids=json_array(ids)):
        yield PutRevision(revision_from(row))
