"""`GraphStore.apply`: ChangeSets into the graph, in a transaction that is already open.

However much a change or the graph holds, it takes the same few statements: one locks, one reads all that the change
speaks of, the rest write what `Draft` made of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphmem.changes import Applied, ChangeSet, Mark, Watch
from graphmem.errors import InvalidInput
from graphmem.models import Kind
from graphmem.stores.neo4j.draft import Draft, Links, conflict, spoken_of
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
    places = [
        {"id": change.id, "project": change.partition.project, "owner": change.partition.owner}
        for change in sorted(changes, key=lambda change: change.partition)
    ]
    rows = await tx.rows("write/lock", {"changes": places, "at": _now()})
    sequences = {(row["project"], row["owner"]): int(row["sequence"]) for row in rows}
    applied = {row["id"]: row["applied"] for row in rows if row["applied"] is not None}
    answers: list[Applied] = []
    for change in changes:
        before = applied.get(change.id)
        if before is None:
            answers.append(await _apply(tx, change, sequences[change.partition], edges))
            applied[change.id] = answers[-1].sequence
        else:
            answers.append(Applied(sequence=before, repeated=True))
    return tuple(answers)


async def _apply(tx: Tx, change: ChangeSet, sequence: int, edges: Mapping[str, str]) -> Applied:
    spoken = spoken_of(change)
    watch = change.watch if sequence != change.sequence else Watch()
    asked = {
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
    [state] = await tx.rows("write/state", asked)
    _check_watch(change, watch, state["moved"], dict(state["watched"]))
    writing = _Writing(tx, Draft(change, state), sequence + 1, edges)
    if shared := writing.draft.uses.shared_name(writing.called, state["holders"]):
        raise conflict(change, f"two entities are called {shared!r}")
    return await writing.write()


def _place(change: ChangeSet) -> Row:
    return {"project": change.partition.project, "owner": change.partition.owner}


def _check_watch(change: ChangeSet, watch: Watch, moved: str | None, found: dict[str, int]) -> None:
    """Raise `Conflict` if something watched was written after the plan was made, or is gone."""
    if moved is not None:
        raise conflict(change, f"{moved!r} was written meanwhile")
    for id_ in sorted(watch.ids):
        if found.get(id_, change.sequence + 1) > change.sequence:
            raise conflict(change, f"{id_!r} was {'written' if id_ in found else 'removed'} meanwhile")


class _Writing:
    """A draft on its way into the graph."""

    def __init__(self, tx: Tx, draft: Draft, revision: int, edges: Mapping[str, str]) -> None:
        self.tx = tx
        self.edges = edges
        self.draft = draft
        self.revision = revision
        self.called = list(draft.uses.settled(revision))
        self.place = _place(draft.change)

    async def write(self) -> Applied:
        """All of it, and what follows from it; the marks, and the removed."""
        await self._run("write/clear", self._clearing())
        await self._run("write/nodes", self._nodes())
        await self._run("write/links", self._links())
        removed, stale = await self._consequences()
        marks, now = self._marks(stale), time.time_ns()
        await self.tx.run(
            "write/finish",
            {
                **self.place,
                "id": self.draft.change.id,
                "sequence": self.revision,
                "at": _now(),
                "stale": [[mark.id, mark.kind, now + place] for place, mark in enumerate(marks)],
            },
        )
        return Applied(sequence=self.revision, marks=marks, removed=self._marks(removed))

    async def _run(self, name: str, params: Row) -> None:
        """Run the statement, unless every list it takes is empty."""
        if any(value for value in params.values() if isinstance(value, list)):
            await self.tx.run(name, {**self.place, **params})

    def _clearing(self) -> Row:
        """What is taken away before anything is written: the dropped, and links that are otherwise now."""
        draft = self.draft
        stored = draft.stored["memory"]
        gone = draft.dropped & stored
        moved = [
            id_
            for id_, (subject, type_, object_) in draft.ends.items()
            if (now := draft.relations.get(id_))
            and (now.subject_id, now.type, now.object_id) != (subject, type_, object_)
        ]
        return {
            "histories": sorted(gone),
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

    def _nodes(self) -> Row:
        draft, revision, start = self.draft, self.revision, self.revision * _ORDER
        stored, moments = draft.stored, _Moments()
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
                    **moments.row(revision_fields(entry, **self.place), new=False),
                }
                for n, entry in enumerate(draft.revisions, start)
            ],
            "moments": moments.maps,
        }

    def _links(self) -> Row:
        draft, moments = self.draft, _Moments()
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
            "moments": moments.maps,
        }

    async def _consequences(self) -> tuple[dict[str, Kind], dict[str, Kind]]:
        """Remove what nothing refers to, retell relations of the renamed; the removed, and all that is stale."""
        stale = self.draft.stale | {each.id: "entity" for each in self.called if each.changed}
        doubtful = self.draft.doubtful - {id_ for links in self.draft.links.values() for id_ in links.relations}
        asked: Row = {
            "doubtful": sorted(doubtful),
            "gone": sorted(each.id for each in self.called if each.gone),
            "renamed": sorted(each.id for each in self.called if each.renamed and not each.gone),
            "revision": self.revision,
        }
        if not (asked["doubtful"] or asked["gone"] or asked["renamed"]):
            return {}, stale
        [row] = await self.tx.rows("write/sweep", asked)
        removed: dict[str, Kind] = dict.fromkeys(row["relations"], "relation")
        removed |= dict.fromkeys(row["entities"], "entity")
        stale |= dict.fromkeys(row["retold"], "relation")
        return removed, stale | removed

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
