"""Embedding models in process through `sentence-transformers` (PyTorch); the extra of that name brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from graphmem.embed.local import LocalEmbedder
from graphmem.embed.prefixes import prefix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["SentenceTransformersEmbedder"]


class SentenceTransformersEmbedder(LocalEmbedder):
    """A model of https://huggingface.co/models?library=sentence-transformers, such as `all-MiniLM-L6-v2`, or a folder.

    It is downloaded on its first use, into Hugging Face's cache (`HF_HOME`).
    """

    package = "sentence_transformers"
    extra = "sentence-transformers"

    def load(self, package: Any) -> Any:
        """The `SentenceTransformer`."""
        return package.SentenceTransformer(self.name)

    def vectors(self, model: Any, texts: list[str], kind: Literal["query", "document"]) -> ArrayLike:
        """By the method for this kind, which puts the model's own prompt before the text; else by the known prefix."""
        encode = model.encode_query if kind == "query" else model.encode_document
        # A model that comes with prompts has empty ones where it wants none.
        before = None if any(model.prompts.values()) else prefix(self.name, kind)
        vectors: ArrayLike = encode(texts, prompt=before or None, show_progress_bar=False, convert_to_numpy=True)
        return vectors
