"""Counts, settings, erasing: reads and writes that know no view."""

from __future__ import annotations

import time
from typing import Any

from graphmem.stores.documents import dumped, loaded
from graphmem.stores.neo4j.edge_types import EdgeTypes
from graphmem.stores.neo4j.found import moment
from graphmem.stores.neo4j.session import Session, Tx

__all__ = ["misdrawn", "purge", "put_setting", "redraw", "scopes", "setting", "settings", "swap_setting", "tally"]

_AT_ONCE = 1_000


async def tally(tx: Tx, project: str | None) -> dict[str, int]:
    """Counts of everything."""
    if project is None:
        [row] = await tx.rows("upkeep/tally")
    else:
        [row] = await tx.rows("upkeep/tally_of_project", {"project": project})
    return row.data()


async def scopes(tx: Tx, project: str) -> list[dict[str, Any]]:
    """Who has memories."""
    rows = [row.data() for row in await tx.rows("upkeep/scopes", {"project": project})]
    for row in rows:
        row |= {name: moment(row[name]) for name in ("created_at", "updated_at")}
    return sorted(rows, key=lambda row: (row["type"], row["id"]))


# --- settings ---------------------------------------------------------------------------------------------


async def setting(tx: Tx, project: str, name: str) -> Any:
    """A setting, None if there is none."""
    row = await tx.one("upkeep/setting", {"project": project, "name": name})
    # One that is being removed may be met without what it held.
    return None if row is None or row["value"] is None else loaded(row["value"])


async def settings(tx: Tx, project: str | None, prefix: str) -> list[tuple[str, str, Any]]:
    """Settings by the beginning of their names, in the order of code points."""
    if project is None:
        rows = await tx.rows("upkeep/settings", {"prefix": prefix})
    else:
        rows = await tx.rows("upkeep/settings_of_project", {"project": project, "prefix": prefix})
    found = [(row["project"], row["name"], row["value"]) for row in rows]
    # One that is being removed may be met without what it held.
    return [(where, name, loaded(value)) for where, name, value in sorted(each for each in found if None not in each)]


async def put_setting(tx: Tx, project: str, name: str, value: Any) -> None:
    """Store a setting; None removes it."""
    if value is None:
        await tx.run("upkeep/drop_setting", {"project": project, "name": name})
    else:
        await tx.run("upkeep/put_setting", {"project": project, "name": name, "value": dumped(value)})


async def swap_setting(tx: Tx, project: str, name: str, old: Any, new: Any) -> bool:
    """Store `new` if the setting is still `old`; whether it was."""
    [row] = await tx.rows("upkeep/hold_setting", {"project": project, "name": name})
    held = row["value"]
    same = bool(held == (None if old is None else dumped(old)))
    if same or held is None:
        # What was held only to be locked goes again.
        await put_setting(tx, project, name, new if same else None)
    return same


# --- edges ------------------------------------------------------------------------------------------------


async def misdrawn(session: Session, limit: int = 2**31) -> tuple[list[dict[str, str]], list[list[str]]]:
    """Relations, by id and type, whose edge is not as they are; and the edges that have no relation."""
    asked = {"limit": limit}
    rows = await session.read(lambda tx: tx.rows("upkeep/misdrawn", asked), patient=True)
    [strays] = await session.read(lambda tx: tx.rows("upkeep/stray", asked), patient=True)
    return [{"id": row["id"], "type": row["type"]} for row in rows], list(strays["edges"])


async def redraw(session: Session, types: EdgeTypes) -> int:
    """Put edges right, a thousand at a time: whatever was done stays done if the rest fails."""
    drawn = 0
    while any(some := await misdrawn(session, _AT_ONCE)):
        relations, strays = some
        edges = await types.drawn(session, {each["type"] for each in relations})
        rows = [{"id": each["id"], "edge": edges[each["type"]]} for each in relations]
        await session.write(lambda tx, r=rows, s=strays: tx.run("upkeep/redraw", {"relations": r, "strays": s}))  # type: ignore[misc]
        drawn += len(relations) + len(strays)
    return drawn


# --- erasing ----------------------------------------------------------------------------------------------


async def purge(session: Session) -> dict[str, int]:
    """`GraphStore.purge`, partition by partition: whatever was done stays done if the rest fails."""
    counts = {"revisions": 0, "partitions": 0}
    for row in await session.read(lambda tx: tx.rows("upkeep/owed"), patient=True):
        place = {"project": row["project"], "owner": row["owner"]}
        gone = await session.write(lambda tx, p=place: _purge(tx, p), patient=True)  # type: ignore[misc]
        counts = {name: number + gone[name] for name, number in counts.items()}
    forgotten = await session.write(lambda tx: tx.run("upkeep/purge_applied"), patient=True)
    return {**counts, "applied": forgotten.nodes_deleted}


async def _purge(tx: Tx, place: dict[str, Any]) -> dict[str, int]:
    asked = {**place, "at": time.time_ns() // 1_000}
    row = await tx.one("upkeep/purge", asked)
    if row is None:
        return {"revisions": 0, "partitions": 0}
    states = [
        {"memory_id": memory_id, "id": id_, "state": dumped({**loaded(state), "superseded_by": None})}
        for memory_id, id_, state in row["states"]
    ]
    if states:
        await tx.run("upkeep/put_states", {"states": states})
    [empty] = await tx.rows("upkeep/purge_partition", asked)
    return {"revisions": row["revisions"], "partitions": empty["partitions"]}
