"""Taking words away for good: out of the write-ahead log, and out of everything that deleting leaves behind.

`secure_delete` overwrites what is deleted in the pages of the file. Two things remain: older versions of pages in
the write-ahead log, until it is truncated; and copies of rows that once moved between pages, until a VACUUM.
"""

from __future__ import annotations

from pathlib import Path

from graphmem.errors import Unavailable
from graphmem.stores.sqlite.rows import dumped, loaded
from graphmem.stores.sqlite.session import Session

__all__ = ["purge", "truncate_log"]


def truncate_log(session: Session, *, wait: int | None = None) -> bool:
    """Bring the write-ahead log into the file and empty it; False if a reader is in the way.

    `wait` is how many milliseconds readers are given to finish; None: as many as writers elsewhere.
    """
    run = session.connection.execute
    before = run("PRAGMA busy_timeout").fetchone()[0]
    try:
        if wait is not None:
            run("PRAGMA busy_timeout = " + str(int(wait)))
        blocked, *_ = run("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        run("PRAGMA busy_timeout = " + str(int(before)))
    return not blocked


def purge(session: Session, path: Path) -> dict[str, int]:
    """`GraphStore.purge`. Raises `Unavailable` if another reader keeps the old pages alive."""
    size = _size(path)
    with session.writing():
        counts = _purge_rows(session)
    session.connection.execute("VACUUM")
    if not truncate_log(session):
        raise Unavailable(
            f"A reader keeps old pages of {str(path)!r} alive; not everything could be erased.",
            hint="Purge again when no other process reads the store.",
            retry_after=10.0,
        )
    return {**counts, "bytes": max(0, size - _size(path))}


def _purge_rows(session: Session) -> dict[str, int]:
    counts = {"revisions": session.run("upkeep/purge_revisions")}
    session.run("upkeep/purge_successors_of_memory")
    session.run("upkeep/purge_successors_of_relation")
    states = session.all("upkeep/states_naming_gone")
    session.many(
        "upkeep/put_state",
        ({"pk": pk, "state": dumped({**loaded(state), "superseded_by": None})} for pk, state in states),
    )
    session.run("upkeep/raise_floor")
    counts["partitions"] = session.run("upkeep/purge_partitions")
    counts["applied"] = session.run("upkeep/purge_applied")
    return counts


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
