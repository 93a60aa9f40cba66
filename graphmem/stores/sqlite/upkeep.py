"""What the index should hold, what is stale in it, counts, settings: reads and writes that know no view."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from graphmem.changes import Mark
from graphmem.models import SCOPE_FIELDS, Kind
from graphmem.queries import Record
from graphmem.stores.sqlite.moments import moment
from graphmem.stores.sqlite.rows import dumped, json_array, loaded, names_in
from graphmem.stores.sqlite.session import Row, Session

__all__ = ["KINDS", "mark", "put_setting", "records", "scan", "scopes", "setting", "settle", "tally"]

KINDS: tuple[Kind, ...] = ("memory", "relation", "entity")

_GONE = 2**62
"""The revision of a mark for what is gone: above that of any copy."""

_BATCH = 2_000


def settle(session: Session, done: Sequence[Mark]) -> None:
    """Clear marks that are still the same."""
    rows = ({"kind": each.kind, "id": each.id, "revision": each.revision} for each in done)
    session.many("upkeep/settle", rows)


def mark(session: Session, refs: Sequence[tuple[Kind, str]]) -> None:
    """Mark again, at the present revision or as gone."""
    by_kind = _by_kind(refs)
    rows = session.all(
        "upkeep/present",
        memories=json_array(by_kind["memory"]),
        relations=json_array(by_kind["relation"]),
        entities=json_array(by_kind["entity"]),
    )
    present = {(kind, id_): (revision, project) for kind, id_, revision, project in rows}
    session.many(
        "write/put_stale",
        (
            {"id": id_, "kind": kind, "revision": revision, "project": project}
            for kind, id_ in refs
            for revision, project in [present.get((kind, id_), (_GONE, ""))]
        ),
    )


def records(session: Session, marks: Sequence[Mark]) -> dict[str, Record]:
    """What the index should hold of these ids; what is gone is missing."""
    by_kind = _by_kind((each.kind, each.id) for each in marks)
    makers: dict[Kind, Callable[[Row], Record]] = {
        "memory": _memory_record,
        "relation": _relation_record,
        "entity": _entity_record,
    }
    found = (
        make(row)
        for kind, make in makers.items()
        if by_kind[kind]
        for row in session.all(f"upkeep/{kind}_records", ids=json_array(by_kind[kind]))
    )
    return {record.id: record for record in found}


def _by_kind(refs: Iterable[tuple[Kind, str]]) -> dict[Kind, list[str]]:
    found: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    for kind, id_ in refs:
        found[kind].append(id_)
    return found


def _memory_record(row: Row) -> Record:
    id_, revision, project, owner, text, *scope, metadata, categories = row
    return Record(
        kind="memory",
        id=id_,
        revision=revision,
        project=project,
        owner=owner,
        text=text,
        scope={name: value for name, value in zip(SCOPE_FIELDS, scope, strict=True) if value},
        metadata=loaded(metadata),
        categories=tuple(loaded(categories)),
    )


def _relation_record(row: Row) -> Record:
    id_, revision, project, owner, *sentence = row
    text = " ".join(sentence)
    return Record(kind="relation", id=id_, revision=revision, project=project, owner=owner, text=text)


def _entity_record(row: Row) -> Record:
    id_, revision, project, owner, name, names = row
    text = ", ".join([name, *(each for each in names_in(names) if each != name)])
    return Record(kind="entity", id=id_, revision=revision, project=project, owner=owner, text=text)


async def scan(read: Callable[[Callable[[Session], list[Row]]], Any]) -> AsyncIterator[Sequence[Mark]]:
    """All that belongs into the index, in batches; each batch is one read."""
    for kind in KINDS:
        after = 0
        while True:
            rows = await read(lambda s, k=kind, a=after: s.all(f"upkeep/scan_{k}", after=a, limit=_BATCH))  # type: ignore[misc]
            if not rows:
                break
            yield [Mark(kind, id_, revision) for _, id_, revision in rows]
            after = rows[-1][0]


def tally(session: Session, project: str | None) -> dict[str, int]:
    """Counts of everything."""
    names = ("memories", "superseded", "entities", "relations", "episodes", "revisions", "partitions", "stale")
    return dict(zip(names, session.all("read/tally", project=project)[0], strict=True))


def scopes(session: Session, project: str) -> list[dict[str, Any]]:
    """Who has memories."""
    return [
        {
            "type": kind,
            "id": id_,
            "memories": memories,
            "created_at": moment(created_at),
            "updated_at": moment(updated_at),
        }
        for kind, id_, memories, created_at, updated_at in session.all("read/scopes", project=project)
    ]


def setting(session: Session, project: str, name: str) -> Any:
    """A setting, None if there is none."""
    row = session.one("upkeep/setting", project=project, name=name)
    return None if row is None else loaded(row[0])


def put_setting(session: Session, project: str, name: str, value: Any) -> None:
    """Store a setting; None removes it."""
    if value is None:
        session.run("upkeep/drop_setting", project=project, name=name)
    else:
        session.run("upkeep/put_setting", project=project, name=name, value=dumped(value))


def swap_setting(session: Session, project: str, name: str, old: Any, new: Any) -> bool:
    """Store `new` if the setting is still `old`; whether it was."""
    row = session.one("upkeep/setting", project=project, name=name)
    same = old is None if row is None else old is not None and row[0] == dumped(old)
    if same:
        put_setting(session, project, name, new)
    return same


def settings(session: Session, project: str | None, prefix: str) -> list[tuple[str, str, Any]]:
    """(project, name, value) of those whose name begins so."""
    if project is None:
        rows = session.all("upkeep/all_settings", prefix=prefix)
    else:
        rows = session.all("upkeep/settings", project=project, prefix=prefix)
    return [(where, name, loaded(value)) for where, name, value in rows]
