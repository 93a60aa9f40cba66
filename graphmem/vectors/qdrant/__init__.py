"""The index on a Qdrant server, which many processes may share.

**One collection for all kinds.** A search asks for memories, relations and entities at once, and a batch of queries is
one round trip only within a collection. A point's tenant is its kind and its partition together, so that kinds never
meet, and the server keeps what is asked together side by side. **One alias**, the prefix, names the collection that
counts; `rebuild` and `compact` fill another one and move the alias in one step.

**Several may feed it.** Every write is conditional on the revision that is held, and a deletion leaves a tombstone: a
point of id and revision alone. The server judges the condition itself from version 1.16 on. An older one would ignore
it, so there a batch is read, compared and written: right as long as one process feeds the index, and a warning says so.

**Terms are rare or common within a partition** from server 1.19 on, before that within the collection.

`index` is the contract's face. `server` knows collections, alias and note; `language` translates points and questions,
`faults` errors. What was seen on a server and what in the client's local mode only: docs/decisions/0004-qdrant.md.
"""

from __future__ import annotations

from graphmem.errors import MissingExtra

try:
    import qdrant_client as _driver  # noqa: F401  (asked here, so that the error is a clear one)
except ImportError as error:
    raise MissingExtra(
        "An index on a Qdrant server needs the package 'qdrant-client', which is not installed.",
        hint="pip install 'graphmem[qdrant]', or use the embedded index.",
        extra="qdrant",
    ) from error

from graphmem.vectors.qdrant.index import QdrantIndex

__all__ = ["QdrantIndex"]
