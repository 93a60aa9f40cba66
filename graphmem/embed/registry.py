"""From the name of an embedder to the embedder: what the setting `GRAPHMEM_EMBEDDER` may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphmem.errors import ConfigurationError

if TYPE_CHECKING:
    from graphmem.abc import Embedder

__all__ = ["known_dimensions", "make_embedder"]

_SPEC = re.compile(r"(?P<kind>[^:@\s]+)(?::(?P<model>.*?))?(?:@(?P<url>(?:https?://\S*)?))?", re.DOTALL)
_DEFAULTS = {
    "openai": "text-embedding-3-small",
    "fastembed": "BAAI/bge-small-en-v1.5",
    "sentence-transformers": "all-MiniLM-L6-v2",
}
_KNOWN = (
    "bundled, openai:MODEL (openai:MODEL@https://host/v1 for anything compatible), fastembed:MODEL, "
    "sentence-transformers:MODEL, hashing (for tests)"
)


def make_embedder(
    spec: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    dimensions: int | None = None,
    timeout: float = 60.0,
    max_retries: int = 2,
) -> Embedder:
    """The embedder that `spec` names.

    `bundled`; `openai:MODEL`, or `openai:MODEL@URL` for any compatible server, such as
    `openai:nomic-embed-text@http://localhost:11434/v1`; `fastembed:MODEL`; `sentence-transformers:MODEL`; `hashing`.
    Where a model can be named it may be left out: `openai` alone is `openai:text-embedding-3-small`.

    `api_key`, `base_url` (it wins over the one in `spec`), `timeout` in seconds and `max_retries` matter to `openai`,
    `dimensions` to `openai` (it asks for vectors of that length) and `hashing`. Opens no connection.

    Raises `ConfigurationError` for a name that is not understood or unknown (it lists the known ones) and a missing
    key, `MissingExtra` when a package has to be installed.
    """
    found = _SPEC.fullmatch(spec.strip())
    kind = found["kind"].lower() if found else ""
    model = ((found and found["model"]) or "").strip() or _DEFAULTS.get(kind, "")
    url = found["url"] if found else None
    if kind in ("bundled", "hashing") and (model or url):
        raise ConfigurationError(f"The embedder {kind!r} has no models to choose from: {spec!r}.", setting="embedder")
    if dimensions is not None and kind not in ("openai", "hashing"):
        raise ConfigurationError(
            f"The dimensions of the embedder {kind!r} are its model's: they cannot be chosen.", setting="dimensions"
        )
    match kind:
        case "bundled":
            from graphmem.embed.bundled import BundledEmbedder

            return BundledEmbedder()
        case "openai":
            from graphmem.embed.openai import OpenAIEmbedder

            return OpenAIEmbedder(
                model,
                api_key=api_key,
                base_url=url if base_url is None else base_url,
                dimensions=dimensions,
                timeout=timeout,
                max_retries=max_retries,
            )
        case "fastembed":
            from graphmem.embed.fastembed import FastEmbedEmbedder

            return FastEmbedEmbedder(model)
        case "sentence-transformers":
            from graphmem.embed.sentence_transformers import SentenceTransformersEmbedder

            return SentenceTransformersEmbedder(model)
        case "hashing":
            from graphmem.embed.scripted import HashingEmbedder

            return HashingEmbedder(dimensions or 64)
    raise ConfigurationError(f"Unknown embedder: {spec!r}.", hint=f"Known: {_KNOWN}.", setting="embedder")


async def known_dimensions(embedder: Embedder) -> int:
    """The embedder's dimensions, asked of the model itself where only a first call tells them."""
    try:
        return embedder.dimensions
    except ConfigurationError:
        await embedder.embed(["dimensions"])
        return embedder.dimensions
