"""The embedded index: Qdrant Edge, the engine of Qdrant inside this process, in one folder.

`index` is the contract's face and the only asynchronous part. `folder` knows the files around the copies: lock,
pointer, state, free space. `shards` is one copy: a shard for each kind. `language` translates points and
questions, `faults` errors. `optimizer` builds the graph of large shards in a process of its own.
"""

from __future__ import annotations

from graphmem.errors import MissingExtra

try:
    import qdrant_edge as _driver  # noqa: F401  (asked here, so that the error is a clear one)
except ImportError as error:
    raise MissingExtra(
        "The embedded vector index needs the package 'qdrant-edge-py', which is not installed.",
        hint="pip install 'qdrant-edge-py==0.9.0', or use a Qdrant server.",
        extra="qdrant-edge-py",
    ) from error

from graphmem.vectors.edge.index import EdgeIndex

__all__ = ["EdgeIndex"]
