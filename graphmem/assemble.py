"""From settings to an engine: the only place that knows the concrete parts, and loads them only when they are used."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from graphmem.abc import ChatModel, Embedder, GraphStore, VectorCache, VectorIndex
from graphmem.embed.cross_encoder import make_reranker
from graphmem.embed.registry import make_embedder
from graphmem.engine import Engine, Parts
from graphmem.engine.documents import Fetch, Fetched
from graphmem.errors import ConfigurationError, InvalidInput
from graphmem.extraction import make_extractor
from graphmem.extraction.demands import HINT, demanded_form
from graphmem.extraction.registry import Registry
from graphmem.indexing import Encoders
from graphmem.settings import NEO4J_SCHEMES, Neo4jAddress, Settings, read_neo4j, shown

if TYPE_CHECKING:
    from graphmem.stores.folder import FolderLock

__all__ = ["assemble", "assemble_neo4j", "assemble_store", "index_folder"]


def assemble(settings: Settings, folder: Path) -> Engine:
    """The embedded engine in `folder`, not opened yet. Raises `ConfigurationError` for what cannot be put together."""
    from graphmem.stores.folder import FolderLock
    from graphmem.stores.sqlite import SQLiteStore

    if settings.vectors != "edge":
        raise ConfigurationError(
            f"GRAPHMEM_VECTORS is {shown(settings.vectors)!r}, and the memory is a folder, which has its index in it.",
            hint="Use `edge`, or a store that is a server: neo4j://…",
            setting="GRAPHMEM_VECTORS",
        )
    synchronous: Literal["FULL", "NORMAL"] = "FULL" if settings.durability == "full" else "NORMAL"
    store = SQLiteStore(folder / "graph.sqlite", synchronous=synchronous)
    return Engine(_parts(settings, store, _edge(settings, folder), folder, FolderLock(folder)))


def assemble_neo4j(settings: Settings, address: Neo4jAddress) -> Engine:
    """The engine over a Neo4j, not opened yet; the index as `GRAPHMEM_VECTORS` says.

    `edge` is a copy in `index_folder`, for one process at a time. Several need a Qdrant server.
    """
    from graphmem.stores.folder import FolderLock
    from graphmem.stores.neo4j import Neo4jStore

    folder = index_folder(settings, address)
    store = Neo4jStore(address.url, user=address.user, password=address.password, database=address.database)
    if settings.vectors == "edge":
        return Engine(_parts(settings, store, _edge(settings, folder), folder, FolderLock(folder)))
    return Engine(_parts(settings, store, _qdrant(settings), folder, None))


def assemble_store(settings: Settings, place: str) -> GraphStore:
    """The store alone, not opened yet, of a folder (a server may hold it meanwhile) or a Neo4j: for backups."""
    if place.startswith(NEO4J_SCHEMES):
        from graphmem.stores.neo4j import Neo4jStore

        address = read_neo4j(place)
        return Neo4jStore(address.url, user=address.user, password=address.password, database=address.database)
    from graphmem.stores.sqlite import SQLiteStore

    path = Path(place).expanduser().absolute() / "graph.sqlite"
    if not path.exists():
        raise ConfigurationError(
            f"There is no memory in {str(path.parent)!r}.",
            hint="Name its folder, or neo4j://…",
            setting="GRAPHMEM_STORE",
        )
    return SQLiteStore(path)


def index_folder(settings: Settings, address: Neo4jAddress) -> Path:
    """Where this machine keeps what it copies of a Neo4j: the same for whoever connects to it."""
    name = hashlib.sha256(address.shown.encode()).hexdigest()[:16]
    return (settings.home / "neo4j" / name).expanduser().absolute()


def _parts(settings: Settings, store: GraphStore, index: VectorIndex, folder: Path, lock: FolderLock | None) -> Parts:
    from graphmem.embed.analyser import Analyser
    from graphmem.extraction.verbatim import VerbatimExtractor

    embedder = _embedder(settings)
    cache: VectorCache | None = None
    if settings.embedder not in ("bundled", "hashing"):
        # The bundled one is faster than any cache; what costs money or milliseconds is asked once a text.
        from graphmem.embed.cache import CachedEmbedder
        from graphmem.stores.sqlite import SQLiteVectorCache

        cache = SQLiteVectorCache(folder / "cache.sqlite")
        embedder = CachedEmbedder(embedder, cache)
    chat = _chat(settings)
    return Parts(
        store=store,
        index=index,
        encoders=Encoders(embedder, Analyser(settings.language)),
        extractor=make_extractor(settings.extractor, chat),
        chat=chat,
        verbatim=VerbatimExtractor(),
        registry=_registry(settings),
        cache=cache,
        reranker=make_reranker(settings.reranker) if settings.reranker else None,
        instructions=_instructions(settings),
        keep_episodes=settings.episodes,
        allow_private_urls=settings.allow_private_urls,
        fetch=_fetching(settings),
        lock=lock,
    )


def _edge(settings: Settings, folder: Path) -> VectorIndex:
    from graphmem.vectors.edge import EdgeIndex

    return EdgeIndex(folder / "vectors", reserve=settings.free_space_mb * 2**20)


def _qdrant(settings: Settings) -> VectorIndex:
    from graphmem.vectors.qdrant import QdrantIndex

    match = re.fullmatch(r"(?P<url>https?://[^?#]+)(?:\?grpc=(?P<port>[0-9]{1,5}))?", settings.vectors)
    if match is None:
        raise ConfigurationError(
            f"GRAPHMEM_VECTORS is {shown(settings.vectors)!r}, which is not known.",
            hint="Use `edge`, or http(s)://… of a Qdrant server, with ?grpc=6334 at its end to use gRPC.",
            setting="GRAPHMEM_VECTORS",
        )
    key, port = settings.vectors_api_key, match["port"]
    return QdrantIndex(match["url"], api_key=key.get_secret_value() if key else None, grpc=int(port) if port else None)


def _embedder(settings: Settings) -> Embedder:
    key = settings.embedder_api_key
    return make_embedder(
        settings.embedder,
        api_key=key.get_secret_value() if key else None,
        dimensions=settings.embedder_dimensions,
    )


def _registry(settings: Settings) -> Registry:
    if settings.predicates is None:
        return Registry()
    try:
        return Registry(json.loads(settings.predicates.expanduser().read_text("utf-8")))
    except InvalidInput as error:
        said, hint = error.message, error.hint
    except ValueError as error:
        said, hint = f"It is no JSON in UTF-8: {error}.", None
    except OSError as error:
        said, hint = f"It cannot be read: {error.strerror}.", None
    raise ConfigurationError(
        f"The predicates in {str(settings.predicates)!r} cannot be used. {said}",
        hint=hint or "docs/settings.md shows such a file.",
        setting="GRAPHMEM_PREDICATES",
    )


def _instructions(settings: Settings) -> str | None:
    text = settings.custom_instructions
    if text and (words := demanded_form(text)):
        raise ConfigurationError(
            f"GRAPHMEM_CUSTOM_INSTRUCTIONS asks for an answer of another form: {words!r}.",
            hint=HINT,
            setting="GRAPHMEM_CUSTOM_INSTRUCTIONS",
        )
    return text or None


def _fetching(settings: Settings) -> Fetch:
    async def fetch(url: str, *, max_bytes: int, timeout: float, field: str) -> Fetched:
        # Loaded with the first address: most memories are never given one.
        from graphmem.outbound import fetch as get

        allowed = settings.allow_private_urls
        return await get(url, max_bytes=max_bytes, timeout=timeout, allow_private=allowed, field=field)

    return fetch


def _chat(settings: Settings) -> ChatModel | None:
    """The model, where one is configured and the extractor is not one that asks none."""
    if settings.extractor in ("rules", "verbatim"):
        return None
    if settings.extractor == "auto" and not (settings.llm or os.environ.get("OPENAI_API_KEY")):
        return None
    from graphmem.llm.registry import make_chat

    key = settings.llm_api_key
    return make_chat(
        settings.llm or "openai", api_key=key.get_secret_value() if key else None, timeout=settings.llm_timeout
    )
