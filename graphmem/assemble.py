"""From settings to an engine: the only place that knows the concrete parts, and loads them only when they are used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from graphmem.abc import Embedder, Extractor, VectorCache
from graphmem.embed.cross_encoder import make_reranker
from graphmem.embed.registry import make_embedder
from graphmem.engine import Engine, Parts
from graphmem.errors import ConfigurationError
from graphmem.indexing import Encoders
from graphmem.settings import Settings

__all__ = ["assemble"]


def assemble(settings: Settings, folder: Path) -> Engine:
    """The embedded engine in `folder`, not opened yet. Raises `ConfigurationError` for what cannot be put together."""
    from graphmem.embed.analyser import Analyser
    from graphmem.extraction.verbatim import VerbatimExtractor
    from graphmem.stores.folder import FolderLock
    from graphmem.stores.sqlite import SQLiteStore
    from graphmem.vectors.edge import EdgeIndex

    if settings.vectors != "edge":
        raise ConfigurationError(
            f"GRAPHMEM_VECTORS is {settings.vectors!r}, which is not known.",
            hint="Use `edge`.",
            setting="GRAPHMEM_VECTORS",
        )
    embedder = _embedder(settings)
    cache: VectorCache | None = None
    if settings.embedder not in ("bundled", "hashing"):
        # The bundled one is faster than any cache; what costs money or milliseconds is asked once a text.
        from graphmem.embed.cache import CachedEmbedder
        from graphmem.stores.sqlite import SQLiteVectorCache

        cache = SQLiteVectorCache(folder / "cache.sqlite")
        embedder = CachedEmbedder(embedder, cache)
    synchronous: Literal["FULL", "NORMAL"] = "FULL" if settings.durability == "full" else "NORMAL"
    return Engine(
        Parts(
            store=SQLiteStore(folder / "graph.sqlite", synchronous=synchronous),
            index=EdgeIndex(folder / "vectors", reserve=settings.free_space_mb * 2**20),
            encoders=Encoders(embedder, Analyser(settings.language)),
            extractor=_extractor(settings),
            verbatim=VerbatimExtractor(),
            cache=cache,
            reranker=make_reranker(settings.reranker) if settings.reranker else None,
            instructions=settings.custom_instructions,
            keep_episodes=settings.episodes,
            lock=FolderLock(folder),
        )
    )


def _embedder(settings: Settings) -> Embedder:
    key = settings.embedder_api_key
    return make_embedder(
        settings.embedder,
        api_key=key.get_secret_value() if key else None,
        dimensions=settings.embedder_dimensions,
    )


def _extractor(settings: Settings) -> Extractor:
    choice = settings.extractor
    if choice == "auto":
        choice = "openai" if settings.llm or os.environ.get("OPENAI_API_KEY") else "rules"
    if choice == "rules":
        from graphmem.extraction.rules import RulesExtractor

        return RulesExtractor()
    if choice == "verbatim":
        from graphmem.extraction.verbatim import VerbatimExtractor

        return VerbatimExtractor()
    from graphmem.extraction.model import ModelExtractor
    from graphmem.llm.registry import make_chat

    key = settings.llm_api_key
    chat = make_chat(
        settings.llm or "openai", api_key=key.get_secret_value() if key else None, timeout=settings.llm_timeout
    )
    return ModelExtractor(chat)
