"""Points and questions in the words of a Qdrant server.

A point's payload is `r`, its revision; `o`, its kind and its partition's key; `t`, the keys and tokens of project,
scope, metadata and categories. Vectors are named `d` (dense) and `s` (sparse). A tombstone has `r` alone. The note of a
collection, what it was built with, is a point that has neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Self, cast

import numpy as np
from qdrant_client import models

from graphmem.changes import Mark
from graphmem.errors import InvalidInput
from graphmem.filters import TRUE, And, Filter, Leaf, Not, Or
from graphmem.models import Kind, Point
from graphmem.queries import IndexFilter, VectorQuery
from graphmem.vectors.keys import askable, leaf_tokens, partition_key, point_tokens, project_key

__all__ = [
    "INDEXES",
    "LIVE",
    "again",
    "condition",
    "dimensions",
    "encode",
    "is_due",
    "is_void",
    "mark",
    "newest",
    "request",
    "tombstone",
]

INDEXES: dict[str, Any] = {
    "o": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
    # Links between all points that share a token, or a range of revisions, would cost build time and save nothing.
    "t": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, enable_hnsw=False),
    "r": models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=False, range=True, enable_hnsw=False),
}
"""The payload fields that filters use. A server in strict mode refuses filters over any other."""

LIVE = models.Filter(must_not=[models.IsEmptyCondition(is_empty=models.PayloadField(key="o"))])
"""Points that are held: neither tombstones nor notes."""

_NOWHERE = models.HasIdCondition(has_id=[])
"""Holds for no point (an empty `should` would hold for all)."""

_DENSE = models.SearchParams(hnsw_ef=128)


# --- writing ----------------------------------------------------------------------------------------------


def encode(point: Point) -> models.PointStruct:
    """The point as the server keeps it. Raises `InvalidInput` for a vector with NaN or infinity."""
    if not np.isfinite(point.dense).all():
        raise InvalidInput(f"The vector of {point.kind} {point.id!r} has values that are no numbers.", field="dense")
    vector: dict[str, Any] = {"d": point.dense.tolist()}
    if point.sparse.indices:
        vector["s"] = models.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    tokens = point_tokens(point)
    tokens.remove(project_key(point.project))
    payload = {
        "r": point.revision,
        "o": _of(point.kind, partition_key(point.project, point.owner)),
        "t": [_of(point.kind, project_key(point.project)), *tokens],
    }
    return models.PointStruct(id=point.id, vector=vector, payload=payload)


def tombstone(mark: Mark) -> models.PointStruct:
    """What stays of a deleted point, without vectors: no search meets it."""
    return models.PointStruct(id=mark.id, vector={}, payload={"r": mark.revision})


def again(record: models.Record) -> models.PointStruct:
    """A point that was read with all its parts, to be written elsewhere."""
    return models.PointStruct(id=record.id, vector=cast("Any", record.vector or {}), payload=record.payload)


def dimensions(points: Iterable[models.PointStruct]) -> int | None:
    """The length of their dense vectors, None if all are tombstones."""
    vectors = (cast("dict[str, Any]", point.vector) for point in points)
    return next((len(vector["d"]) for vector in vectors if "d" in vector), None)


def newest(points: Iterable[models.PointStruct]) -> list[models.PointStruct]:
    """Of each id the one with the highest revision; of equals a tombstone, or else the last."""
    found: dict[Any, models.PointStruct] = {}
    for point in points:
        if point.id not in found or is_due(point, found[point.id]):
            found[point.id] = point
    return list(found.values())


def condition(points: Sequence[models.PointStruct]) -> models.Filter:
    """What has to hold of a point that is there already for one of `points` to take its place."""
    groups: defaultdict[tuple[int, bool], list[Any]] = defaultdict(list)
    for point in points:
        groups[_revision(point), _is_gone(point)].append(point.id)
    if len(groups) == 1:
        return _replaceable(*next(iter(groups)), ids=None)
    return models.Filter(should=[_replaceable(*group, ids=ids) for group, ids in groups.items()])


def _replaceable(revision: int, gone: bool, ids: list[Any] | None) -> models.Filter:
    must: list[Any] = [models.FieldCondition(key="r", range=models.Range(lte=revision))]
    if ids is not None:
        must.append(models.HasIdCondition(has_id=ids))
    if gone:
        return models.Filter(must=must)
    # A deletion wins over a write of its own revision.
    same = models.FieldCondition(key="r", range=models.Range(gte=revision))
    empty = models.IsEmptyCondition(is_empty=models.PayloadField(key="o"))
    return models.Filter(must=must, must_not=[models.Filter(must=[same, empty])])


def is_due(point: models.PointStruct, held: models.PointStruct | models.Record) -> bool:
    """The same condition, judged here."""
    if _revision(point) == _revision(held):
        return _is_gone(point) or not _is_gone(held)
    return _revision(point) > _revision(held)


# --- reading ----------------------------------------------------------------------------------------------


def mark(record: models.Record | models.ScoredPoint) -> Mark:
    """Kind, id and revision of a point that is held."""
    payload = record.payload or {}
    return Mark(cast("Kind", payload["o"].partition("-")[0]), str(record.id), payload["r"])


def is_void(query: VectorQuery) -> bool:
    """Whether nothing can answer it, so that nothing has to be asked."""
    empty = query.sparse is not None and not query.sparse.indices
    return empty or query.limit < 1 or query.filter.owners == () or query.among == ()


def request(query: VectorQuery, *, corpus: bool) -> models.QueryRequest:
    """The query as the server takes it. `corpus`: whether it can weigh terms by the partition alone."""
    partition = _partition(query)
    must: list[Any] = [partition]
    where = askable(query.filter.where) if query.kind == "memory" else TRUE
    if where != TRUE:
        must.append(_condition(where))
    if query.among is not None:
        must.append(models.HasIdCondition(has_id=list(query.among)))
    asked: dict[str, Any]
    if query.sparse is not None:
        sparse = models.SparseVector(indices=list(query.sparse.indices), values=list(query.sparse.values))
        idf = models.IdfCorpusParams(corpus=models.Filter(must=[partition])) if corpus else None
        asked = {"query": models.NearestQuery(nearest=sparse), "using": "s", "params": models.SearchParams(idf=idf)}
    elif query.dense is not None:
        asked = {"query": models.NearestQuery(nearest=query.dense.tolist()), "using": "d", "params": _DENSE}
    else:
        raise InvalidInput("A vector query needs a dense or a sparse vector.", field="dense")
    return _Request(**asked, filter=models.Filter(must=must), limit=query.limit, with_payload=["r"])


class _Request(models.QueryRequest):
    """One that the client, which makes copies, need not copy number by number: that is a tenth of a small search."""

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.model_copy()


def _partition(query: VectorQuery) -> models.FieldCondition:
    """What the query may see at most, and the corpus of its term statistics."""
    filter: IndexFilter = query.filter  # noqa: A001  (the contract's word)
    if filter.owners is None:
        return _any("t", [_of(query.kind, project_key(filter.project))])
    return _any("o", [_of(query.kind, partition_key(filter.project, owner)) for owner in filter.owners])


def _condition(where: Filter) -> Any:
    match where:
        case And(parts):
            return models.Filter(must=[_condition(part) for part in parts])
        case Or(()):
            return _NOWHERE
        case Or(parts):
            return models.Filter(should=[_condition(part) for part in parts])
        case Not(part):
            return models.Filter(must_not=[_condition(part)])
        case Leaf():
            tokens = leaf_tokens(where)
            return _any("t", tokens) if tokens else _NOWHERE


def _any(key: str, values: list[str]) -> models.FieldCondition:
    match = models.MatchValue(value=values[0]) if len(values) == 1 else models.MatchAny(any=values)
    return models.FieldCondition(key=key, match=match)


def _of(kind: Kind, key: str) -> str:
    return f"{kind}-{key}"


def _revision(point: models.PointStruct | models.Record) -> int:
    return int((point.payload or {})["r"])


def _is_gone(point: models.PointStruct | models.Record) -> bool:
    return "o" not in (point.payload or {})
