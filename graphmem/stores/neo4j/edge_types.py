"""Which types the edges that show relations may have: Neo4j has room for a limited number of them."""

from __future__ import annotations

from collections.abc import Collection

from graphmem.stores.neo4j.session import Session

__all__ = ["EdgeTypes"]

_OPEN = 50_000
"""Neo4j Community numbers the types of edges with 16 bits and never forgets one; after the last, writing would fail.

What is left is for other processes, which may not have seen yet what this one added.
"""

_LOOK_EVERY = 1_000
"""After so many types that are new to it, a process looks what others have added."""

_COMMON = "RELATED_TO"


class EdgeTypes:
    """The types that are in use; beyond `room` of them, relations of further types are shown as `RELATED_TO`.

    The relation itself, a node, always has its own type.
    """

    def __init__(self, room: int = _OPEN) -> None:
        self._room = room
        self._used: set[str] = set()
        self._until_look = 0

    async def drawn(self, session: Session, types: Collection[str]) -> dict[str, str]:
        """The type of the edge for each type of relation."""
        if not (new := set(types) - self._used):
            return {type_: type_ for type_ in types}
        self._until_look -= len(new)
        if self._until_look < 0:
            row = await session.read(lambda tx: tx.one("write/edge_types"))
            self._used |= set(row["types"] if row else ())
            self._until_look = _LOOK_EVERY
        room = max(0, self._room - len(self._used))
        self._used |= set(sorted(new - self._used)[:room])
        return {type_: type_ if type_ in self._used else _COMMON for type_ in types}
