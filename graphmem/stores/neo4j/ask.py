"""`SupportsCypher.cypher`: a caller's own query, in a transaction that may only read, bounded in rows and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from neo4j import AsyncManagedTransaction
from neo4j.exceptions import ClientError, Neo4jError
from neo4j.time import Date, DateTime, Time

from graphmem.errors import Forbidden, InvalidInput, TooLarge, Unavailable

__all__ = ["ask"]

_WRITES = frozenset({"Neo.ClientError.Statement.AccessMode", "Neo.ClientError.Request.Invalid"})


async def ask(
    transaction: AsyncManagedTransaction, query: str, params: Mapping[str, Any], limit: int
) -> list[dict[str, Any]]:
    """The rows as dicts of plain values: nodes as their properties, moments as Python's."""
    try:
        result = await transaction.run(cast("Any", query), dict(params))
        rows = await result.fetch(limit + 1)
    except ClientError as error:
        raise _refused(error) from error
    if len(rows) > limit:
        raise TooLarge(
            f"The query answers more than {limit} rows.",
            hint="Add LIMIT to it, or ask with a larger `limit`.",
            limit=limit,
            actual=len(rows),
        )
    return [{name: _plain(value) for name, value in row.data().items()} for row in rows]


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case DateTime() | Date() | Time():
            return value.to_native()
        case _:
            return value


def _refused(error: Neo4jError) -> Exception:
    code, said = error.code or "", (error.message or str(error)).strip()
    if code in _WRITES:
        return Forbidden(f"The query writes, and here it may only read: {said}", hint="Use add, update and delete.")
    if "TransactionTimedOut" in code:
        return Unavailable(f"The query took too long: {said}", hint="Narrow it, or ask with a larger `timeout`.")
    if code.startswith("Neo.ClientError."):
        return InvalidInput(f"Neo4j refuses the query: {said}", field="query")
    return error
