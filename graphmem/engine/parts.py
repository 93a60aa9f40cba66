"""What the engine is made of: the parts it is given, and the choices it was set up with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from graphmem.abc import ChatModel, Extractor, GraphStore, Reranker, VectorCache, VectorIndex
from graphmem.engine.documents import Fetch
from graphmem.extraction.registry import Registry
from graphmem.ids import utc_now
from graphmem.indexing import Drainer, Encoders
from graphmem.retrieval import RecallOptions, Retriever
from graphmem.stores.folder import FolderLock

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The engine's parts.

    `extractor` draws memories from messages, `verbatim` keeps texts as they are; `instructions` go to the model with
    every add that brings none of its own. `chat` is the model that exports ask, where one is configured; `fetch` gets
    documents that are given by their address. `clock` tells the present moment, `lock` keeps other processes out of an
    embedded folder. With `allow_private_urls`, URLs that callers name may lead into private networks.
    """

    store: GraphStore
    index: VectorIndex
    encoders: Encoders
    extractor: Extractor
    verbatim: Extractor
    registry: Registry = field(default_factory=Registry)
    chat: ChatModel | None = None
    fetch: Fetch | None = None
    reranker: Reranker | None = None
    cache: VectorCache | None = None
    recall: RecallOptions = field(default_factory=RecallOptions)
    instructions: str | None = None
    keep_episodes: Literal["sourced", "all", "none"] = "sourced"
    clock: Callable[[], datetime] = utc_now
    allow_private_urls: bool = False
    lock: FolderLock | None = None

    def drainer(self) -> Drainer:
        """The one drainer of these parts."""
        return Drainer(self.store, self.index, self.encoders)

    def retriever(self) -> Retriever:
        """The retriever over these parts."""
        return Retriever(
            self.store,
            self.index,
            self.encoders.dense,
            self.encoders.sparse,
            reranker=self.reranker,
            options=self.recall,
        )
