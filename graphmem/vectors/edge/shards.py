"""One copy of everything: a shard for each kind. Synchronous; one thread at a time."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import qdrant_edge as edge

from graphmem.changes import Mark
from graphmem.errors import GraphmemError, Unavailable
from graphmem.models import Kind, Point
from graphmem.queries import Neighbour, VectorQuery
from graphmem.vectors.edge import language
from graphmem.vectors.edge.faults import translated
from graphmem.vectors.edge.folder import warm
from graphmem.vectors.keys import partition_key, project_key

__all__ = ["KINDS", "Copy"]

KINDS: tuple[Kind, ...] = get_args(Kind)

_REMEMBERED = 20_000
"""Of how many points a kind keeps id and revision at hand: 5 MB. Edge takes 2-3 µs to read one from a payload."""

_DOMINANT, _LARGE = 0.9, 20_000
"""From which share of how large a shard on the shard's own term statistics stand for a partition's.

Exact ones cost 2 ms at 100k points. Those of the shard count what was deleted until the next fresh copy.
"""


class Copy:
    """The shards in one folder, each made when its kind's first point comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shards: dict[Kind, Any] = {}
        self._held: dict[Kind, dict[int, tuple[str, int]]] = {kind: {} for kind in KINDS}
        self._sole: dict[Kind, str | None] = {}  # the key of the only partition with points, once it was looked for
        self._shares: dict[Kind, dict[tuple[str, ...], bool]] = {kind: {} for kind in KINDS}

    def load(self) -> None:
        """Open what the folder holds. Raises `Unavailable` for what cannot be read; then nothing stays open."""
        try:
            for kind in KINDS:
                self.load_kind(kind)
        except BaseException:
            self.close()
            raise

    def load_kind(self, kind: Kind) -> None:
        """Open the shard of one kind, where there is one."""
        if self.shard_path(kind).is_dir():
            with translated(f"opening the {kind} shard"):
                self._shards[kind] = edge.EdgeShard.load(str(self.shard_path(kind)))
                self._index_fields(kind)
                warm(self.shard_path(kind) / "segments")

    def close_kind(self, kind: Kind) -> None:
        """Bring one shard to disk and let go of it."""
        shard = self._shards.pop(kind, None)
        self._sole.pop(kind, None)
        self._shares[kind].clear()
        if shard is not None:
            with translated(f"closing the {kind} shard"):
                try:
                    shard.flush()
                finally:
                    shard.close()

    def close(self) -> None:
        """Let go of all shards; the first failure is raised after all were tried."""
        failures: list[GraphmemError] = []
        for kind in list(self._shards):
            try:
                self.close_kind(kind)
            except GraphmemError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def flush(self) -> None:
        """Bring everything to disk."""
        for kind, shard in self._shards.items():
            with translated(f"writing the {kind} shard to disk"):
                shard.flush()

    def shard_path(self, kind: Kind) -> Path:
        """Where a kind's shard lives, or would."""
        return self.path / kind

    # -- writing

    def put(self, points: Iterable[Point]) -> None:
        """Write points, but none over one of a higher revision."""
        newest: dict[str, Point] = {}
        for point in points:
            if point.id not in newest or newest[point.id].revision <= point.revision:
                newest[point.id] = point
        for kind in KINDS:
            several = [point for point in newest.values() if point.kind == kind]
            if not several:
                continue
            numbered = [(language.number(point.id), point) for point in several]
            held = self._known(kind, [n for n, _ in numbered])
            due = [(n, point) for n, point in numbered if _revision(held, n, point.id) <= point.revision]
            self._write(kind, [language.encode(n, point) for n, point in due])
            self._held[kind].update({n: (point.id, point.revision) for n, point in due})
            sole = self._sole.get(kind)
            if sole and any(partition_key(point.project, point.owner) != sole for _, point in due):
                self._sole[kind] = None

    def put_raw(self, kind: Kind, points: Sequence[Any]) -> None:
        """Write points that are in Edge's words already, whatever is held."""
        self._write(kind, points)
        self._sole.pop(kind, None)

    def _write(self, kind: Kind, points: Sequence[Any]) -> None:
        if points:
            shard = self._shards.get(kind) or self._create(kind, len(points[0].vector["d"]))
            self._shares[kind].clear()
            with translated(f"writing to the {kind} shard"):
                # One by one, which takes no longer: Edge shuffles what comes together, and equal scores go by place.
                for point in points:
                    shard.update(edge.UpdateOperation.upsert_points([point]))

    def drop(self, marks: Iterable[Mark]) -> None:
        """Remove points, but none of a higher revision than its mark's."""
        marks = list(marks)
        for kind, shard in self._shards.items():
            several = [mark for mark in marks if mark.kind == kind]
            if not several:
                continue
            numbered = [(language.number(mark.id), mark) for mark in several]
            held = self._known(kind, [n for n, _ in numbered])
            gone: list[Any] = [n for n, mark in numbered if -1 < _revision(held, n, mark.id) <= mark.revision]
            if not gone:
                continue
            with translated(f"deleting from the {kind} shard"):
                shard.update(edge.UpdateOperation.delete_points(gone))
            self._shares[kind].clear()
            for number in gone:
                self._held[kind].pop(number, None)

    def _create(self, kind: Kind, dimensions: int) -> Any:
        path = self.shard_path(kind)
        with translated(f"creating the {kind} shard"):
            path.mkdir()
            try:
                shard = self._shards[kind] = edge.EdgeShard.create(str(path), language.shard_config(dimensions))
                self._index_fields(kind)
            except BaseException:
                # Half of a shard would be in the way of the next attempt, and of the next open.
                self._shards.pop(kind, None)
                shutil.rmtree(path, ignore_errors=True)
                raise
        return shard

    def _index_fields(self, kind: Kind) -> None:
        shard = self._shards[kind]
        for field in language.INDEXES.keys() - shard.info().payload_schema.keys():
            shard.update(edge.UpdateOperation.create_field_index(field, language.INDEXES[field]))

    # -- reading

    def ask(self, queries: Iterable[VectorQuery]) -> list[list[Neighbour]]:
        """Answer each query, best first, ties by id."""
        return [self._ask(query) for query in queries]

    def _ask(self, query: VectorQuery) -> list[Neighbour]:
        shard = self._shards.get(query.kind)
        if shard is None or language.is_void(query):
            return []
        with translated(f"searching the {query.kind} shard"):
            # A filter that holds for every point costs as much as the search of 50,000 (2 ms).
            alone = self._alone(shard, query)
            corpus = None
            if query.sparse is not None and not self._dominates(shard, query):
                corpus = language.partitions(query.filter)
            answer = shard.query(language.request(query, language.confines(query, alone=alone), corpus))
        hits = [(hit.id, hit.score) for hit in answer]  # each access costs: Edge makes the objects anew
        held = self._known(query.kind, [number for number, _ in hits])
        found = [Neighbour(held[number][0], score, held[number][1]) for number, score in hits]
        found.sort(key=lambda each: (-each.score, each.id))
        return found

    def page(self, kind: Kind, start: int | None, limit: int) -> tuple[list[Mark], int | None]:
        """Marks of up to `limit` points from number `start` on, and where the next page starts."""
        records, start = self._scroll(kind, start, limit, vectors=False)
        return [Mark(kind=kind, id=id_, revision=revision) for id_, revision in _identified(kind, records)], start

    def raw_page(self, kind: Kind, start: int | None, limit: int) -> tuple[list[Any], int | None]:
        """The same, as whole points in Edge's words."""
        records, start = self._scroll(kind, start, limit, vectors=True)
        _identified(kind, records)  # or a copy would take on what is torn
        points = [(each.id, each.vector, each.payload) for each in records]
        if not all(vector and "d" in vector and "s" in vector for _, vector, _ in points):
            raise _torn(kind)
        return [edge.Point(*each) for each in points], start

    def check(self) -> None:
        """Read every payload, search all vectors. Raises `Unavailable` for what is not whole, or cannot be read."""
        for kind, shard in self._shards.items():
            found, start = 0, None
            while True:
                marks, start = self.page(kind, start, 1_000)
                found += len(marks)
                if start is None:
                    break
            points, _ = self.raw_page(kind, None, 1)
            with translated(f"checking the {kind} shard"):
                answers = [shard.query(each) for point in points for each in language.probe(point.vector)]
                whole = shard.count(edge.CountRequest(exact=True, filter=language.WHOLE))
                said = shard.info().points_count
            if whole < found:
                raise _torn(kind)
            if found != said or not all(answers):
                raise _torn(kind, "other points than it says")

    def count(self) -> int:
        """How many points are held."""
        return sum(shard.info().points_count for shard in self._shards.values())

    def unindexed(self, kind: Kind) -> tuple[int, int]:
        """How many points are searched one by one, and how many through the graph."""
        shard = self._shards.get(kind)
        if shard is None:
            return 0, 0
        info = shard.info()
        # Edge counts vectors; the sparse ones, one for each point, always count as indexed.
        indexed = max(0, info.indexed_vectors_count - info.points_count)
        return max(0, info.points_count - indexed), indexed

    def _alone(self, shard: Any, query: VectorQuery) -> bool:
        """Whether all points of the shard are the query's partition's."""
        if query.kind not in self._sole:
            owners = shard.facet(language.FACET).hits
            self._sole[query.kind] = owners[0].value if len(owners) == 1 else None
        sole = self._sole[query.kind]
        return sole is not None and sole in (language.keys(query.filter) or ())

    def _dominates(self, shard: Any, query: VectorQuery) -> bool:
        """Whether the shard's own term statistics do for the query's partitions."""
        shares, asked = self._shares[query.kind], language.keys(query.filter)
        asked = asked if asked is not None else (project_key(query.filter.project),)
        if asked not in shares:
            if len(shares) >= _REMEMBERED:
                shares.clear()
            total = shard.info().points_count
            counted = edge.CountRequest(exact=False, filter=language.partitions(query.filter))
            shares[asked] = total >= _LARGE and shard.count(counted) >= _DOMINANT * total
        return shares[asked]

    def _scroll(self, kind: Kind, start: int | None, limit: int, *, vectors: bool) -> tuple[list[Any], int | None]:
        shard = self._shards.get(kind)
        if shard is None:
            return [], None
        payload: Any = True if vectors else ["i", "r"]
        asked = edge.ScrollRequest(offset=start, limit=limit, with_payload=payload, with_vector=vectors)
        with translated(f"reading the {kind} shard"):
            records, following = shard.scroll(asked)
        return records, following

    def _known(self, kind: Kind, numbers: Collection[int]) -> dict[int, tuple[str, int]]:
        """Id and revision of those that are held, by number."""
        known, shard = self._held[kind], self._shards.get(kind)
        missing: list[Any] = [number for number in numbers if number not in known]
        if missing and shard is not None:
            if len(known) + len(missing) > _REMEMBERED:
                known = self._held[kind] = {number: known[number] for number in numbers if number in known}
            with translated(f"reading the {kind} shard"):
                records = shard.retrieve(missing, ["i", "r"], False)
            known.update(zip((each.id for each in records), _identified(kind, records), strict=True))
        return {number: known[number] for number in numbers if number in known}


def _identified(kind: Kind, records: Sequence[Any]) -> list[tuple[str, int]]:
    """Id and revision of each record, in its order."""
    payloads = [each.payload or {} for each in records]
    if not all("i" in each and "r" in each for each in payloads):
        raise _torn(kind)
    return [(each["i"], each["r"]) for each in payloads]


def _torn(kind: Kind, what: str = "points of which parts are missing") -> Unavailable:
    """Of files that can be read and contradict themselves: a power cut may leave them of different moments."""
    return Unavailable(
        f"The {kind} shard of the vector index holds {what}.",
        hint="Build the index anew from the store: graphmem index rebuild.",
    )


def _revision(held: Mapping[int, tuple[str, int]], number: int, id_: str) -> int:
    """The revision in which the point is held, -1 if it is not."""
    held_id, revision = held.get(number, ("", -1))
    return revision if held_id == id_ else -1
