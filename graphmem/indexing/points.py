"""From what the store says to what the index holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphmem.abc import Embedder, KeywordEncoder
from graphmem.filters import equality_tokens
from graphmem.models import Point
from graphmem.queries import Record

__all__ = ["Encoders"]


@dataclass(frozen=True, slots=True)
class Encoders:
    """The two encoders of one index, always used together."""

    dense: Embedder
    sparse: KeywordEncoder

    @property
    def fingerprint(self) -> str:
        """Names both: another pair is another index."""
        return f"{self.dense.fingerprint}+{self.sparse.fingerprint}"

    async def points(self, records: Sequence[Record]) -> list[Point]:
        """The points of the records, all texts embedded in one batch."""
        if not records:
            return []
        vectors = await self.dense.embed([record.text for record in records], kind="document")
        return [
            Point(
                id=record.id,
                kind=record.kind,
                revision=record.revision,
                project=record.project,
                owner=record.owner,
                scope=record.scope,
                tokens=equality_tokens(record.metadata, categories=record.categories),
                dense=vector,
                sparse=self.sparse.document(record.text),
            )
            for record, vector in zip(records, vectors, strict=True)
        ]
