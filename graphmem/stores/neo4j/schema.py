"""Schema versions: folders of statements, carried out in order, forward only.

Neo4j has no transaction over schema and data, so every statement of a version may be carried out again (`IF NOT
EXISTS`), by several at once, and the version is noted when all of it is there.
"""

from __future__ import annotations

import re
import time
from functools import cache

from graphmem.abc import SchemaState
from graphmem.errors import ConfigurationError
from graphmem.stores.neo4j.failures import apoc_needed, shown
from graphmem.stores.neo4j.session import Session, Tx, statements

__all__ = ["look", "prepare"]

_OLDEST = (5, 26)
"""The first version with dynamic labels and types, of Neo4j and of APOC."""

_PROCEDURES = ("apoc.lock.nodes", "apoc.lock.read.nodes", "apoc.periodic.iterate", "apoc.util.validate")
"""What the store calls of APOC."""

_PATIENCE = 3_600  # seconds that a new index over what is there already may take


@cache
def _versions() -> tuple[tuple[str, ...], ...]:
    """The names of each version's statements, from the first version."""
    found: dict[str, list[str]] = {}
    for name in sorted(statements()):
        group, _, rest = name.partition("/")
        version, slash, _ = rest.partition("/")
        if group == "schema" and slash:
            found.setdefault(version, []).append(name)
    return tuple(tuple(found[version]) for version in sorted(found))


async def look(session: Session) -> SchemaState:
    """The state of the schema; nothing is changed. Raises `ConfigurationError` as `prepare` does."""
    server, apoc = await _check_server(session)
    version = await session.read(_version)
    pending = tuple(statements()[name].text for names in _versions()[version:] for name in names)
    return SchemaState(server=server, apoc=apoc, version=version, newest=len(_versions()), pending=pending)


async def prepare(session: Session) -> None:
    """Check the server and bring its schema up to date. Safe when several do so at once.

    Raises `ConfigurationError` for a server that is too old, has no APOC, or has a schema newer than this code.
    """
    await _check_server(session)
    newest = len(_versions())
    version = await session.read(_version)
    if version > newest:
        raise ConfigurationError(
            f"Neo4j at {shown(session.url)!r} has schema version {version}, and this graphmem knows {newest}.",
            hint="Upgrade graphmem: pip install --upgrade graphmem.",
            setting="GRAPHMEM_STORE",
        )
    if version == newest:
        return
    for names in _versions()[version:]:
        for name in names:
            await session.write(lambda tx, name=name: tx.run(name), patient=True)  # type: ignore[misc]
    await session.read(lambda tx: tx.rows("schema/await_indexes", {"seconds": _PATIENCE}), patient=True)
    await session.write(lambda tx: tx.rows("schema/raise_version", {"schema": newest, "at": time.time_ns() // 1_000}))


async def _version(tx: Tx) -> int:
    row = await tx.one("schema/version")
    return 0 if row is None else int(row["schema"])


async def _check_server(session: Session) -> tuple[str, str]:
    """The versions of the server and of its APOC."""
    row = await session.read(lambda tx: tx.one("schema/server"))
    server = "unknown" if row is None else str(row["version"])
    if _number(server) < _OLDEST:
        raise ConfigurationError(
            f"The server at {shown(session.url)!r} is Neo4j {server}; graphmem needs 5.26 or newer.",
            hint="Upgrade Neo4j.",
            setting="GRAPHMEM_STORE",
        )
    row = await session.read(lambda tx: tx.one("schema/apoc_version"))
    apoc = "unknown" if row is None else str(row["version"])
    if _number(apoc) < _OLDEST:
        raise apoc_needed(f"its version is {apoc}, and 5.26 is needed.")
    row = await session.read(lambda tx: tx.one("schema/procedures", {"names": list(_PROCEDURES)}))
    if missing := sorted(set(_PROCEDURES) - set(row["found"] if row else ())):
        raise apoc_needed(f"{', '.join(missing)} may not be called.")
    return server, apoc


def _number(version: str) -> tuple[int, ...]:
    """`5.26.1-aura` as (5, 26, 1), to compare by."""
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
