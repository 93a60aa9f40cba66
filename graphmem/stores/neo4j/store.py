"""The store for servers: everything in one Neo4j database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from graphmem.abc import GraphStore
from graphmem.changes import Applied, ChangeSet, Mark, PutRelation
from graphmem.models import Entity, Kind, Memory, Relation, Revision, Subgraph
from graphmem.queries import (
    Around,
    EntityQuery,
    Hop,
    Known,
    KnownQuery,
    MemoryQuery,
    Node,
    Page,
    Record,
    RelationQuery,
    Talk,
    TextQuery,
    Turn,
    View,
    Walk,
)
from graphmem.stores.neo4j import dump, known, marks, pages, past, talk, texts, upkeep, walk
from graphmem.stores.neo4j.administered import Administered
from graphmem.stores.neo4j.apply import apply, check, prune
from graphmem.stores.neo4j.edge_types import EdgeTypes
from graphmem.stores.neo4j.schema import prepare
from graphmem.stores.neo4j.session import Session

__all__ = ["Neo4jStore"]

_PRUNE_EVERY = 1_000

_OPERATIONS = 1_000
"""A transaction may take as long again for each so many operations."""


class Neo4jStore(Administered, GraphStore):
    """A graph store in the Neo4j (5.26 or newer, with APOC) at `url`: `neo4j://host:7687`, `bolt://…`, `neo4j+s://…`.

    Without `user` it comes without authentication. `timeout` is in seconds: for a connection, for a transaction, and
    for all the tries of one when the server is busy. Any number of processes may use the same database. A store belongs
    to the event loop in which it was opened.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        database: str = "neo4j",
        timeout: float = 30.0,
    ) -> None:
        self._session = Session(url, user=user, password=password, database=database, timeout=timeout)
        self._applied = 0  # since it was opened
        self._edge_types = EdgeTypes()

    async def open(self) -> None:
        """See `GraphStore.open`. Raises `ConfigurationError` also for a server without APOC, or too old."""
        if self._session.is_open:
            return
        await self._session.open()
        try:
            await prepare(self._session)
        except BaseException:
            await self._session.aclose()
            raise

    async def aclose(self) -> None:
        """See `GraphStore.aclose`."""
        await self._session.aclose()

    # -- writing

    async def apply(self, *changes: ChangeSet) -> tuple[Applied, ...]:
        """See `GraphStore.apply`."""
        check(changes)
        if not self._applied % _PRUNE_EVERY:
            await self._session.write(prune)
        self._applied += 1
        relations = [op.relation for change in changes for op in change.operations if isinstance(op, PutRelation)]
        edges = await self._edge_types.drawn(self._session, {relation.type for relation in relations})
        times = 1 + sum(len(change.operations) for change in changes) // _OPERATIONS
        return await self._session.write(lambda tx: apply(tx, changes, edges), times=times)

    # -- reading for planning

    async def known(self, *queries: KnownQuery) -> tuple[Known, ...]:
        """See `GraphStore.known`."""
        return await self._session.read(lambda tx: known.known(tx, queries)) if queries else ()

    # -- reading for people

    async def memories(self, view: View, ids: Collection[str], *, links: bool = True) -> dict[str, Memory]:
        """See `GraphStore.memories`."""
        return await self._session.ask(lambda tx: pages.memories(tx, view, ids, links=links))

    async def find(self, query: MemoryQuery) -> Page[Memory]:
        """See `GraphStore.find`."""
        return await self._session.ask(lambda tx: pages.find(tx, query))

    async def count(self, view: View) -> int:
        """See `GraphStore.count`."""
        return await self._session.ask(lambda tx: pages.count(tx, view))

    async def entities(self, query: EntityQuery) -> Page[Entity]:
        """See `GraphStore.entities`."""
        return await self._session.ask(lambda tx: pages.entities(tx, query))

    async def relations(self, query: RelationQuery) -> Page[Relation]:
        """See `GraphStore.relations`."""
        return await self._session.ask(lambda tx: pages.relations(tx, query))

    async def spoken(self, view: View, phrases: Collection[str]) -> dict[str, tuple[Node, ...]]:
        """See `GraphStore.spoken`."""
        return await self._session.ask(lambda tx: texts.spoken(tx, view, phrases))

    async def walk(self, walk_: Walk) -> Hop:
        """See `GraphStore.walk`."""
        return await self._session.ask(lambda tx: walk.walk(tx, walk_))

    async def around(self, around_: Around) -> Subgraph:
        """See `GraphStore.around`."""
        return await self._session.ask(lambda tx: walk.around(tx, around_))

    async def talk(self, talk_: Talk) -> dict[str, tuple[Turn, ...]]:
        """See `GraphStore.talk`."""
        return await self._session.ask(lambda tx: talk.talk(tx, talk_))

    async def search_text(self, query: TextQuery) -> list[tuple[str, float]]:
        """See `GraphStore.search_text`."""
        return await self._session.ask(lambda tx: texts.search_text(tx, query))

    async def history(self, project: str, memory_id: str) -> list[Revision]:
        """See `GraphStore.history`."""
        return await self._session.ask(lambda tx: past.history(tx, project, memory_id))

    async def owners(self, view: View, limit: int) -> tuple[str, ...]:
        """See `GraphStore.owners`."""
        return await self._session.ask(lambda tx: pages.owners(tx, view, limit))

    async def tally(self, project: str | None = None) -> dict[str, int]:
        """See `GraphStore.tally`."""
        return await self._session.ask(lambda tx: upkeep.tally(tx, project))

    async def scopes(self, project: str) -> list[dict[str, Any]]:
        """See `GraphStore.scopes`."""
        return await self._session.ask(lambda tx: upkeep.scopes(tx, project))

    # -- the index's bookkeeping

    async def pending(self, limit: int) -> list[Mark]:
        """See `GraphStore.pending`."""
        return await self._session.read(lambda tx: marks.pending(tx, limit))

    async def settle(self, done: Sequence[Mark]) -> None:
        """See `GraphStore.settle`."""
        await self._session.write(lambda tx: marks.settle(tx, done))

    async def mark(self, refs: Sequence[tuple[Kind, str]]) -> None:
        """See `GraphStore.mark`."""
        await self._session.write(lambda tx: marks.mark(tx, refs))

    async def records(self, marks_: Sequence[Mark]) -> dict[str, Record]:
        """See `GraphStore.records`."""
        return await self._session.ask(lambda tx: marks.records(tx, marks_))

    async def scan(self) -> AsyncIterator[Sequence[Mark]]:
        """See `GraphStore.scan`. Each batch is one read."""
        async for batch in marks.scan(self._session):
            yield batch

    # -- whole-store work

    async def dump(self, project: str | None = None, owner: str | None = None) -> AsyncIterator[ChangeSet]:
        """See `GraphStore.dump`. Each ChangeSet is one consistent state of its partition, not all of them together."""
        async for change in dump.dump(self._session, project, owner):
            yield change

    async def purge(self) -> dict[str, int]:
        """See `GraphStore.purge`. What the server keeps beside its graph is for its operator to erase: transaction
        logs (they are pruned by age and size) and backups."""
        return await upkeep.purge(self._session)

    async def setting(self, project: str, name: str) -> Any:
        """See `GraphStore.setting`."""
        return await self._session.ask(lambda tx: upkeep.setting(tx, project, name))

    async def put_setting(self, project: str, name: str, value: Any) -> None:
        """See `GraphStore.put_setting`."""
        await self._session.write(lambda tx: upkeep.put_setting(tx, project, name, value))

    async def swap_setting(self, project: str, name: str, old: Any, new: Any) -> bool:
        """See `GraphStore.swap_setting`."""
        return await self._session.write(lambda tx: upkeep.swap_setting(tx, project, name, old, new))

    async def settings(self, project: str | None = None, prefix: str = "") -> list[tuple[str, str, Any]]:
        """See `GraphStore.settings`."""
        return await self._session.read(lambda tx: upkeep.settings(tx, project, prefix))
