"""Schema versions: numbered files, carried out once each, in order, forward only.

`PRAGMA user_version` records the last one; each file sets it itself, inside the transaction that carries it out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from graphmem.errors import ConfigurationError
from graphmem.stores.sqlite.session import Session

__all__ = ["APPLICATIONS", "Schema", "migrate"]

Schema = Literal["store", "cache"]
"""Which file: each has a folder of migrations."""

APPLICATIONS: Mapping[Schema, int] = MappingProxyType({"store": 1735552365, "cache": 1735552355})
"""Says in a file's header what it is ("grmm" and "grmc" as big-endian numbers); the first migration writes it."""


@cache
def _migrations(of: Schema) -> tuple[tuple[str, ...], ...]:
    """The statements of each version, from the first."""
    folder = files("graphmem.stores.sqlite") / "sql" / "migrations" / of
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name)
    return tuple(tuple(_statements(each.read_text(encoding="utf-8"))) for each in found)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def migrate(session: Session, path: Path, of: Schema) -> None:
    """Bring the schema up to date. Safe when several processes do so at once.

    Raises `ConfigurationError` if the file is another program's, or was written by a newer graphmem.
    """
    migrations = _migrations(of)
    with session.reading():
        version = _check(session, path, of)
    if version == len(migrations):
        return
    with session.writing():
        # Another process may have been faster: look again now that nobody else writes.
        for statements in migrations[_check(session, path, of) :]:
            for statement in statements:
                session.connection.execute(statement)


def _check(session: Session, path: Path, of: Schema) -> int:
    """The file's version, if the file is ours. In a transaction: another process may be writing all three just now."""
    run = session.connection.execute
    version = int(run("PRAGMA user_version").fetchone()[0])
    application = int(run("PRAGMA application_id").fetchone()[0])
    used = run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATIONS[of] and (application or version or used):
        raise ConfigurationError(
            f"{str(path)!r} is a database of another kind or program.",
            hint="Give graphmem a folder of its own.",
            setting="path",
        )
    newest = len(_migrations(of))
    if version > newest:
        raise ConfigurationError(
            f"{str(path)!r} has schema version {version}, and this graphmem knows {newest}.",
            hint="Upgrade graphmem: pip install --upgrade graphmem.",
            setting="path",
        )
    return version
