"""What the store offers to those who look after the database: their own questions, its schema, its edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphmem.abc import SchemaState
from graphmem.stores.neo4j import upkeep
from graphmem.stores.neo4j.ask import ask
from graphmem.stores.neo4j.edge_types import EdgeTypes
from graphmem.stores.neo4j.schema import look
from graphmem.stores.neo4j.session import Session

__all__ = ["Administered"]


class Administered:
    """`SupportsCypher`, `SupportsSchema` and `SupportsEdges`, for a store in Neo4j."""

    _session: Session
    _edge_types: EdgeTypes

    async def cypher(
        self, query: str, params: Mapping[str, Any], *, limit: int, timeout: float
    ) -> list[dict[str, Any]]:
        """See `SupportsCypher.cypher`."""
        return await self._session.look(lambda transaction: ask(transaction, query, params, limit), timeout)

    async def schema(self) -> SchemaState:
        """How far the schema is; a store that is not opened is not brought up to date by asking."""
        opened_here = not self._session.is_open
        await self._session.open()
        try:
            return await look(self._session)
        finally:
            if opened_here:
                await self._session.aclose()

    async def misdrawn(self) -> int:
        """See `SupportsEdges.misdrawn`."""
        relations, strays = await upkeep.misdrawn(self._session)
        return len(relations) + len(strays)

    async def redraw(self) -> int:
        """See `SupportsEdges.redraw`."""
        return await upkeep.redraw(self._session, self._edge_types)
