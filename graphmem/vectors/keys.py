"""What an index may know: whose a point is and what filters can find, as hashes. No name and no text.

All keys are 32 hexadecimal digits (BLAKE2b-128).
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

from graphmem.filters import METADATA, Filter, Leaf, token, widen
from graphmem.models import SCOPE_FIELDS, Point

__all__ = ["askable", "leaf_tokens", "partition_key", "point_tokens", "project_key"]


@lru_cache(maxsize=1024)
def project_key(project: str) -> str:
    """The project's key: every point carries it among its tokens."""
    return _key("project", project)


@lru_cache(maxsize=4096)
def partition_key(project: str, owner: str) -> str:
    """The partition's key: the point's owner, who is nobody outside the project."""
    return _key("partition", project, owner)


def point_tokens(point: Point) -> list[str]:
    """All that filters can find a point by, besides its owner: project, scope, metadata, categories; sorted."""
    scope = (_scope_token(field, value) for field, value in point.scope.items())
    return sorted({project_key(point.project), *scope, *point.tokens})


@lru_cache(maxsize=4096)
def _scope_token(field: str, value: str) -> str:
    return token(field, value)


def leaf_tokens(leaf: Leaf) -> list[str]:
    """The tokens of which a point needs one for the `eq` or `in` leaf to hold."""
    return [token(leaf.field, value) for value in leaf.values]


def askable(where: Filter) -> Filter:
    """`where` in leaves that tokens answer exactly; whatever else it says is widened, so that nothing is missed."""
    return widen(where, _has_tokens)


def _has_tokens(leaf: Leaf) -> bool:
    held = leaf.field in SCOPE_FIELDS or leaf.field == "categories" or leaf.field.startswith(METADATA)
    return held and leaf.op in ("eq", "in")


def _key(*parts: str) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
