"""Embedding models in process through `fastembed` (ONNX, no PyTorch); the extra `fastembed` brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from graphmem.embed.local import LocalEmbedder
from graphmem.embed.prefixes import prefix
from graphmem.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["FastEmbedEmbedder"]


class FastEmbedEmbedder(LocalEmbedder):
    """A model of https://qdrant.github.io/fastembed/examples/Supported_Models/, such as `BAAI/bge-small-en-v1.5`.

    It is downloaded on its first use, into fastembed's own cache (`FASTEMBED_CACHE_PATH`).
    """

    package = "fastembed"
    extra = "fastembed"

    def load(self, package: Any) -> Any:
        """The `TextEmbedding`; raises `ConfigurationError` for a model that fastembed does not list."""
        known = [entry["model"] for entry in package.TextEmbedding.list_supported_models()]
        if self.name.lower() not in map(str.lower, known):
            raise ConfigurationError(
                f"fastembed has no embedding model {self.name!r}.",
                hint=f"Known: {', '.join(sorted(known))}.",
                setting="embedder",
            )
        return package.TextEmbedding(model_name=self.name)

    def vectors(self, model: Any, texts: list[str], kind: Literal["query", "document"]) -> ArrayLike:
        """By the method for this kind; prefixes are left to the caller by fastembed."""
        before = prefix(self.name, kind)
        embed = model.query_embed if kind == "query" else model.passage_embed
        return list(embed([before + text for text in texts]))
