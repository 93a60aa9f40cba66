"""`GraphStore.apply`: ChangeSets into the graph, in a transaction that is already open.

However much a change or the graph holds, it takes the same few statements: one locks, one reads all that the change
speaks of, the rest write what `Draft` made of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from neo4j import Record

from graphmem.changes import Applied, ChangeSet, Mark, Watch
from graphmem.errors import InvalidInput
from graphmem.models import Kind
from graphmem.stores.neo4j.draft import Draft, Links, Spoken, conflict, spoken_of
from graphmem.stores.neo4j.rows import (
    episode_fields,
    folded_name,
    memory_fields,
    projection_fields,
    relation_fields,
    revision_fields,
)
from graphmem.stores.neo4j.session import Tx
from graphmem.stores.neo4j.uses import Called

__all__ = ["apply", "check", "prune"]

_REMEMBERED = 30 * 86_400_000_000  # microseconds
_ORDER = 1_000_000  # what is written in one change is ordered by its place in it

Row = dict[str, Any]

Said = list[tuple[ChangeSet, Spoken]]
"""Changes, with what they speak of."""


def check(changes: Sequence[ChangeSet]) -> None:
    """Raise `InvalidInput` for what cannot be applied together."""
    if len({change.partition for change in changes}) < len(changes):
        raise InvalidInput("Two changes of one partition cannot be applied together.", field="changes")


async def prune(tx: Tx) -> None:
    """Forget the ChangeSets that were carried out long ago: nobody sends them again."""
    await tx.run("write/forget_applied", {"before": _now() - _REMEMBERED})


async def apply(tx: Tx, changes: Sequence[ChangeSet], edges: Mapping[str, str]) -> tuple[Applied, ...]:
    """Carry out the ChangeSets, in this order. Raises `Conflict` and `InvalidInput`; the caller rolls back.

    `edges` tells for each type of relation the type of the edge that shows it.
    """
    if not changes:
        return ()
    # In the order of their names: writers that want several of the same wait, and never for each other.
    places = [{"id": change.id, **_place(change)} for change in sorted(changes, key=lambda change: change.partition)]
    rows = await tx.rows("write/lock", {"changes": places, "at": _now()})
    sequences = {(row["project"], row["owner"]): int(row["sequence"]) for row in rows}
    answers = {row["id"]: Applied(sequence=row["applied"], repeated=True) for row in rows if row["applied"] is not None}
    new: dict[str, ChangeSet] = {}
    for change in changes:
        if change.id not in answers:
            new.setdefault(change.id, change)
    for some in _apart(new.values()):
        answers |= await _Writing(tx, some, sequences, edges).write()
    return tuple(
        answers[change.id]
        if new.get(change.id) is change
        else Applied(sequence=answers[change.id].sequence, repeated=True)
        for change in changes
    )


def _apart(changes: Iterable[ChangeSet]) -> Iterable[Said]:
    """Changes that may be read before any of them is written, for no two speak of the same thing."""
    seen: set[str] = set()
    some: Said = []
    for change in changes:
        spoken = spoken_of(change)
        if not seen.isdisjoint(spoken.ids):
            yield some
            seen, some = set(), []
        seen |= spoken.ids
        some.append((change, spoken))
    if some:
        yield some


def _place(change: ChangeSet) -> Row:
    return {"project": change.partition.project, "owner": change.partition.owner}


def _watch(change: ChangeSet, sequence: int) -> Watch:
    """What is to be looked at: nothing, when nothing was written since the plan was made."""
    return change.watch if sequence != change.sequence else Watch()


def _asked(change: ChangeSet, spoken: Spoken, watch: Watch) -> Row:
    """What `write/state` is asked of a change."""
    return {
        **_place(change),
        "memories": sorted(spoken.memory),
        "entities": sorted(spoken.entity),
        "relations": sorted(spoken.relation),
        "episodes": sorted(spoken.episode),
        "keys": sorted(spoken.keys),
        "since": change.sequence,
        "watched_names": sorted(watch.names),
        "watched_texts": sorted(watch.texts),
        "watched_subjects": sorted(watch.subjects),
        "watched_ids": sorted(watch.ids),
    }


def _check_watch(change: ChangeSet, watch: Watch, moved: str | None, found: dict[str, int]) -> None:
    """Raise `Conflict` if something watched was written after the plan was made, or is gone."""
    if moved is not None:
        raise conflict(change, f"{moved!r} was written meanwhile")
    for id_ in sorted(watch.ids):
        if found.get(id_, change.sequence + 1) > change.sequence:
            raise conflict(change, f"{id_!r} was {'written' if id_ in found else 'removed'} meanwhile")


class _Writing:
    """ChangeSets that speak of different things, on their way into the graph together."""

    def __init__(self, tx: Tx, said: Said, sequences: Mapping[tuple[str, str], int], edges: Mapping[str, str]) -> None:
        self.tx = tx
        self.said = said
        self.sequences = sequences
        self.edges = edges

    async def write(self) -> dict[str, Applied]:
        """All of it, and what follows from it; by the change's id the marks, and the removed."""
        parts = await self._read()
        await self._run("write/clear", [part.clearing() for part in parts])
        moments = _Moments()
        await self._run("write/nodes", [part.nodes(moments) for part in parts], moments=moments.maps)
        moments = _Moments()
        await self._run("write/links", [part.links(moments) for part in parts], moments=moments.maps)
        rows = await self._run("write/sweep", [part.doubts() for part in parts])
        for part in parts:
            part.swept(rows[0] if rows else {"relations": [], "entities": [], "retold": []})
        await self.tx.run("write/finish", {"changes": [part.finishing(time.time_ns()) for part in parts], "at": _now()})
        return {part.change.id: part.applied for part in parts}

    async def _read(self) -> list[_Part]:
        """What the changes make of what is there. Raises what stands in the way of one."""
        watches = [_watch(change, self.sequences[change.partition]) for change, _ in self.said]
        asked = [_asked(*said, watch) for said, watch in zip(self.said, watches, strict=True)]
        states = {row["place"]: row for row in await self.tx.rows("write/state", {"changes": asked})}
        parts = []
        for place, ((change, _), watch) in enumerate(zip(self.said, watches, strict=True)):
            state = states[place]
            _check_watch(change, watch, state["moved"], dict(state["watched"]))
            part = _Part(Draft(change, state), self.sequences[change.partition] + 1, self.edges)
            if shared := part.draft.uses.shared_name(part.called, state["holders"]):
                raise conflict(change, f"two entities are called {shared!r}")
            parts.append(part)
        return parts

    async def _run(self, name: str, rows: Sequence[Row], **more: Any) -> list[Record]:
        """Run the statement with the lists of all rows put together, unless every one is empty."""
        lists = {key: [each for row in rows for each in row[key]] for key in rows[0]}
        return await self.tx.rows(name, {**lists, **more}) if any(lists.values()) else []


class _Part:
    """What has to be written of one change."""

    def __init__(self, draft: Draft, revision: int, edges: Mapping[str, str]) -> None:
        self.edges = edges
        self.draft = draft
        self.change = draft.change
        self.revision = revision
        self.called = list(draft.uses.settled(revision))
        self.applied = Applied(sequence=revision)

    def clearing(self) -> Row:
        """What is taken away before anything is written: the dropped, and links that are otherwise now."""
        draft, partition = self.draft, self.change.partition
        stored = draft.stored["memory"]
        gone = draft.dropped & stored
        moved = [
            id_
            for id_, (subject, type_, object_) in draft.ends.items()
            if (now := draft.relations.get(id_))
            and (now.subject_id, now.type, now.object_id) != (subject, type_, object_)
        ]
        return {
            "histories": [[id_, partition.project, partition.owner] for id_ in sorted(gone)],
            "memories": sorted(gone),
            "episodes": sorted(draft.dropped & draft.stored["episode"]),
            "unlinked": sorted(id_ for id_ in stored - gone if id_ in draft.memories and self._relinked(id_)),
            "inherited": sorted(id_ for id_ in stored - gone if id_ in draft.memories and self._inherits(id_)),
            "moved": sorted(moved),
        }

    def _kept(self, id_: str) -> bool:
        """Whether the memory was there and was never dropped."""
        return id_ in self.draft.stored["memory"] and id_ not in self.draft.dropped

    def _relinked(self, id_: str) -> bool:
        """Whether the memory's links have to be written."""
        draft = self.draft
        if not self._kept(id_):
            return True
        # An episode that is gone took its links with it.
        return draft.links[id_] != draft.stored_links[id_] or not draft.dropped.isdisjoint(draft.links[id_].episodes)

    def _inherits(self, id_: str) -> bool:
        """Whether the memory has another successor."""
        draft = self.draft
        return not self._kept(id_) or draft.memories[id_].superseded_by != draft.superseded_by[id_]

    def nodes(self, moments: _Moments) -> Row:
        """The nodes, without their links."""
        draft, revision, start = self.draft, self.revision, self.revision * _ORDER
        stored, place = draft.stored, _place(self.change)
        return {
            "episodes": [
                {"id": k, "n": n, **moments.row(episode_fields(x, revision), new=k not in stored["episode"])}
                for n, (k, x) in enumerate(draft.episodes.items(), start)
            ],
            "entities": [
                {**x.row, **moments.row(x.row["fields"], new=x.id not in stored["entity"])}
                for x in self.called
                if x.row is not None
            ],
            "names": [row for each in self.called for row in _names(each)],
            "unused": [{"id": each.id, "names": list(each.went)} for each in self.called if each.went],
            "relations": [
                {"id": k, **moments.row(relation_fields(r, revision), new=k not in stored["relation"])}
                for k, r in draft.relations.items()
            ],
            "memories": [
                {"id": k, **moments.row(memory_fields(m, revision), new=k not in stored["memory"])}
                for k, m in draft.memories.items()
            ],
            "revisions": [
                {
                    "id": entry.id,
                    "memory_id": entry.memory_id,
                    "n": n,
                    **moments.row(revision_fields(entry, **place), new=False),
                }
                for n, entry in enumerate(draft.revisions, start)
            ],
        }

    def links(self, moments: _Moments) -> Row:
        """What connects the nodes."""
        draft = self.draft
        relinked = {id_: draft.links[id_] for id_ in draft.memories if self._relinked(id_)}
        heirs = {k: m.superseded_by for k, m in draft.memories.items() if m.superseded_by and self._inherits(k)}
        return {
            "mentions": [row for id_, links in relinked.items() for row in _mentions(id_, links)],
            "states": [{"id": k, "relations": sorted(v.relations)} for k, v in relinked.items() if v.relations],
            "sources": [{"id": k, "episodes": sorted(v.episodes)} for k, v in relinked.items() if v.episodes],
            "superseded": [{"id": id_, "by": by} for id_, by in heirs.items()],
            "born": [id_ for id_ in draft.memories if not self._kept(id_)],
            "relations": [
                {
                    "id": relation.id,
                    "subject": relation.subject_id,
                    "edge": self.edges[relation.type],
                    "object": relation.object_id,
                    **moments.row(projection_fields(relation), new=True),
                }
                for relation in draft.relations.values()
            ],
        }

    def doubts(self) -> Row:
        """What may be referred to no longer, and the renamed, whose relations have to be retold."""
        doubtful = self.draft.doubtful - {id_ for links in self.draft.links.values() for id_ in links.relations}
        return {
            "doubtful": sorted(doubtful),
            "gone": sorted(each.id for each in self.called if each.gone),
            "renamed": sorted([each.id, self.revision] for each in self.called if each.renamed and not each.gone),
        }

    def swept(self, row: Mapping[str, Any]) -> None:
        """Take what `write/sweep` removed and retold, of all changes; what came of this one is known then."""
        ours = {each.id for each in self.called}
        removed: dict[str, Kind] = {id_: "relation" for id_ in row["relations"] if id_ in self.draft.doubtful}
        removed |= {id_: "entity" for id_ in row["entities"] if id_ in ours}
        stale = self.draft.stale | {each.id: "entity" for each in self.called if each.changed}
        stale |= {id_: "relation" for entity, id_ in row["retold"] if entity in ours}
        self.applied = Applied(sequence=self.revision, marks=self._marks(stale | removed), removed=self._marks(removed))

    def finishing(self, now: int) -> Row:
        """What `write/finish` takes of the change; `now` is in nanoseconds."""
        return {
            **_place(self.change),
            "id": self.change.id,
            "sequence": self.revision,
            "stale": [[mark.id, mark.kind, now + place] for place, mark in enumerate(self.applied.marks)],
        }

    def _marks(self, ids: dict[str, Kind]) -> tuple[Mark, ...]:
        return tuple(Mark(kind, id_, self.revision) for id_, kind in sorted(ids.items(), key=lambda each: each[::-1]))


class _Moments:
    """The moments in the fields of many rows, each combination once.

    To send one takes the driver as long as dozens of texts, and most rows of a change have the same.
    """

    def __init__(self) -> None:
        self.maps: list[Row] = []
        self._places: dict[tuple[tuple[str, datetime], ...], int] = {}

    def row(self, fields: Row, *, new: bool) -> Row:
        """The fields without their moments, and the place of those; a new thing has nothing to lose by None."""
        found = {name: value for name, value in fields.items() if isinstance(value, datetime)}
        place = self._places.setdefault(tuple(found.items()), len(self.maps))
        if place == len(self.maps):
            self.maps.append(found)
        rest = {k: v for k, v in fields.items() if k not in found and not (new and v is None)}
        return {"fields": rest, "at": place}


def _names(called: Called) -> Iterable[list[str]]:
    for name in called.came:
        key, phrase = folded_name(name)
        yield [called.id, name, key, phrase]


def _mentions(memory_id: str, links: Links) -> Iterable[list[Any]]:
    for n, (entity_id, name, type_) in enumerate(links.mentions):
        yield [memory_id, entity_id, n, name, type_]


def _now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000
