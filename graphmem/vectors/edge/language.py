"""Points and questions in the words of Qdrant Edge.

A point's payload is `i`, its id; `r`, its revision; `o`, its partition's key; `t`, the keys and tokens of project,
scope, metadata and categories. Vectors are named `d` (dense) and `s` (sparse). Edge knows a point by a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import qdrant_edge as edge

from graphmem.errors import InvalidInput
from graphmem.filters import TRUE, And, Filter, Leaf, Not, Or
from graphmem.models import Point
from graphmem.queries import IndexFilter, VectorQuery
from graphmem.vectors.keys import askable, leaf_tokens, partition_key, point_tokens, project_key

__all__ = [
    "FACET",
    "INDEXES",
    "WHOLE",
    "confines",
    "encode",
    "is_void",
    "keys",
    "number",
    "partitions",
    "probe",
    "request",
    "shard_config",
]

INDEXES = {
    "o": edge.KeywordIndexParams(is_tenant=True),
    # Links between all points that share a token would cost build time and memory and save nothing.
    "t": edge.KeywordIndexParams(enable_hnsw=False),
}
"""The payload fields that filters use."""

_NOWHERE = edge.HasIdCondition(set())
"""Holds for no point (an empty `should` would hold for all)."""

_DENSE = edge.SearchParams(hnsw_ef=128, quantization=edge.QuantizationSearchParams(rescore=True, oversampling=2.0))
"""Twice the wanted are found by 8-bit codes and ordered by their true vectors (recall@50 1.000 at 100k, measured)."""


_SCANNED = 10_000
"""Up to how many points that a filter leaves are searched one by one, 0.5 ms, rather than through the graph."""

FACET = edge.FacetRequest("o", limit=2)
"""Two of the partitions that have points in a shard. (Exact counts, which nobody needs, would cost 10 ms at 100k.)"""

WHOLE = edge.Filter(must=[edge.HasVectorCondition("d"), edge.HasVectorCondition("s")])
"""Holds for a point of which no vector is missing; one without a word has an empty sparse one."""

_EXACT = edge.SearchParams(exact=True)
_MASK = 2**64 - 1


def shard_config(dimensions: int) -> edge.EdgeConfig:
    """How a shard is laid out. The reasons are measurements: see docs/decisions/0002-embedded-index.md."""
    return edge.EdgeConfig(
        vectors={
            "d": edge.EdgeVectorParams(
                size=dimensions,
                distance=edge.Distance.Cosine,
                quantization_config=edge.TurboQuantQuantizationConfig(
                    bits=edge.TurboQuantBitSize.Bits8, memory=edge.Memory.Cold
                ),
                # Anything warmer maps whole chunks of 32 MB into memory, however few vectors there are.
                memory=edge.Memory.Cold,
            )
        },
        sparse_vectors={"s": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        hnsw_config=edge.HnswIndexConfig(
            m=16, ef_construct=100, full_scan_threshold=max(1, _SCANNED * dimensions // 256), payload_m=16
        ),
        # Whoever calls `optimize` has decided that it is worth it: Edge's own threshold is out of the way.
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=1),
        max_search_threads=1,
        wal_enabled=True,
    )


def number(id_: str) -> int:
    """The number under which Edge knows the point: the two halves of the UUID, folded into 64 bits.

    Edge makes a Python object of each UUID it gives or takes, at 1-2 µs: more than the search itself where some hundred
    ids gate a query. Among a million random ids two share a number once in 30 million such indexes (n² / 2⁶⁵); one of
    the two could then not be found by likeness.
    """
    whole = int(id_.replace("-", ""), 16)
    return (whole ^ (whole >> 64)) & _MASK


# --- writing ----------------------------------------------------------------------------------------------


def encode(number: int, point: Point) -> edge.Point:
    """The point as Edge keeps it, under its number.

    Raises `InvalidInput` for a vector with NaN or infinity, which would poison all.
    """
    if not np.isfinite(point.dense).all():
        raise InvalidInput(f"The vector of {point.kind} {point.id!r} has values that are no numbers.", field="dense")
    payload = {
        "i": point.id,
        "r": point.revision,
        "o": partition_key(point.project, point.owner),
        "t": point_tokens(point),
    }
    sparse = edge.SparseVector(list(point.sparse.indices), list(point.sparse.values))
    return edge.Point(number, {"d": point.dense.tolist(), "s": sparse}, payload)


# --- asking -----------------------------------------------------------------------------------------------


def is_void(query: VectorQuery) -> bool:
    """Whether nothing can answer it, so that nothing has to be asked."""
    empty = query.sparse is not None and not query.sparse.indices
    return empty or query.limit < 1 or query.filter.owners == () or query.among == ()


def confines(query: VectorQuery, *, alone: bool = False) -> edge.Filter | None:
    """Everything that the answers have to satisfy, None for nothing; `alone`: no other partition has points here."""
    must = [] if alone else [_partition(query.filter)]
    where = askable(query.filter.where) if query.kind == "memory" else TRUE
    if where != TRUE:
        must.append(_condition(where))
    if query.among is not None:
        must.append(edge.HasIdCondition({number(id_) for id_ in query.among}))
    return edge.Filter(must=must) if must else None


def keys(filter: IndexFilter) -> tuple[str, ...] | None:  # noqa: A002  (the contract's word)
    """The keys of the partitions it names; None where it names none."""
    return None if filter.owners is None else tuple(partition_key(filter.project, owner) for owner in filter.owners)


def partitions(filter: IndexFilter) -> edge.Filter:  # noqa: A002
    """The points of the filter's partitions: what it may see at most, and the corpus of term statistics."""
    return edge.Filter(must=[_partition(filter)])


def _partition(filter: IndexFilter) -> Any:  # noqa: A002
    owned = keys(filter)
    return _any("t", [project_key(filter.project)]) if owned is None else _any("o", list(owned))


def request(query: VectorQuery, confined: edge.Filter | None, corpus: edge.Filter | None) -> edge.QueryRequest:
    """The query as Edge takes it. `corpus`: over which points sparse term statistics go, None for the whole shard."""
    if query.sparse is not None:
        sparse = edge.SparseVector(list(query.sparse.indices), list(query.sparse.values))
        nearest = edge.Query.Nearest(sparse, using="s")
        params = edge.SearchParams(idf=edge.IdfParams(corpus=corpus))
    elif query.dense is not None:
        nearest, params = edge.Query.Nearest(query.dense.tolist(), using="d"), _DENSE
    else:
        raise InvalidInput("A vector query needs a dense or a sparse vector.", field="dense")
    return edge.QueryRequest(limit=query.limit, query=nearest, filter=confined, params=params, with_payload=False)


def probe(vector: Any) -> list[edge.QueryRequest]:
    """Questions whose answer cannot be empty where a point with this vector, in Edge's words, is held."""
    dense = edge.Query.Nearest(vector["d"], using="d")
    asked = [edge.QueryRequest(limit=1, query=dense, params=params) for params in (_EXACT, _DENSE)]
    if vector["s"].indices:
        asked.append(edge.QueryRequest(limit=1, query=edge.Query.Nearest(vector["s"], using="s")))
    return asked


def _condition(where: Filter) -> Any:
    match where:
        case And(parts):
            return edge.Filter(must=[_condition(part) for part in parts])
        case Or(()):
            return _NOWHERE
        case Or(parts):
            return edge.Filter(should=[_condition(part) for part in parts])
        case Not(part):
            return edge.Filter(must_not=[_condition(part)])
        case Leaf():
            return _any("t", leaf_tokens(where))


def _any(key: str, values: list[str]) -> Any:
    if not values:
        return _NOWHERE
    match = edge.MatchValue(values[0]) if len(values) == 1 else edge.MatchAny(values)
    return edge.FieldCondition(key, match=match)
