"""Points for tests of vector indexes: clusters that overlap, terms as in texts, memories to tell apart by filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphmem.filters import equality_tokens
from graphmem.ids import new_id
from graphmem.models import SCOPE_FIELDS, Kind, Point, Scope, SparseVector
from graphmem.queries import IndexFilter, VectorQuery
from graphmem.testing.worlds import fresh

__all__ = ["DIMENSIONS", "FINGERPRINT", "Pen", "terms", "unit"]

DIMENSIONS = 32
"""Of the dense vectors."""

FINGERPRINT = f"suite:1:{DIMENSIONS}+terms:1"
"""Under which the indexes under test are opened."""

_VOCABULARY = 400
_CLUSTERS = 40


def terms(weights: Mapping[int, float]) -> SparseVector:
    """A sparse vector of these terms."""
    return SparseVector(indices=tuple(weights), values=tuple(map(float, weights.values())))


class Pen:
    """Makes points of one project, the same ones every time but for their ids."""

    def __init__(self, seed: int = 0) -> None:
        self.project = fresh("project")
        self._random = np.random.default_rng(seed)
        self._centres = self._random.normal(size=(_CLUSTERS, DIMENSIONS))

    def dense(self, cluster: int | None = None) -> NDArray[np.float32]:
        """A unit vector near one of the centres."""
        chosen = int(self._random.integers(_CLUSTERS)) if cluster is None else cluster
        return unit(self._centres[chosen] + 0.7 * self._random.normal(size=DIMENSIONS))

    def sparse(self, length: int = 12) -> SparseVector:
        """Terms as a text has them: a few common ones, many rare ones."""
        drawn = self._random.zipf(1.3, size=4 * length) % _VOCABULARY
        chosen = sorted(set(drawn.tolist()))[:length]
        return terms({term: float(self._random.uniform(0.5, 2.0)) for term in chosen})

    def point(self, kind: Kind = "memory", **over: Any) -> Point:
        """A point of the owner `user:ana`."""
        base: dict[str, Any] = {
            "id": new_id(),
            "kind": kind,
            "revision": 1,
            "project": self.project,
            "owner": "user:ana",
            "dense": self.dense(),
            "sparse": self.sparse(),
        }
        return Point(**{**base, **over})

    def points(self, number: int, **over: Any) -> list[Point]:
        """Several of them."""
        return [self.point(**over) for _ in range(number)]

    def of(self, document: Mapping[str, Any], **over: Any) -> Point:
        """The point of a memory, given as the document that filters see of it."""
        ids = {name: document[name] for name in SCOPE_FIELDS if document.get(name)}
        tokens = equality_tokens(document.get("metadata", {}), categories=document.get("categories", ()))
        owner = Scope(project=self.project, **ids).owner
        return self.point(**{"scope": ids, "tokens": tokens, "owner": owner, **over})

    def ask(
        self,
        dense: NDArray[np.float32] | SparseVector | None = None,
        *,
        kind: Kind = "memory",
        limit: int = 10,
        among: Sequence[str] | None = None,
        **of: Any,
    ) -> VectorQuery:
        """A query of this project; `of` are the rest of its `IndexFilter`."""
        asked = self.dense() if dense is None else dense
        vector: dict[str, Any] = {"sparse" if isinstance(asked, SparseVector) else "dense": asked}
        ids = None if among is None else tuple(among)
        where = IndexFilter(**{"project": self.project, **of})
        return VectorQuery(kind=kind, filter=where, limit=limit, among=ids, **vector)


def unit(vector: NDArray[Any]) -> NDArray[np.float32]:
    """The vector with length 1."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
