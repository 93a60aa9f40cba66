"""Reranking with a cross-encoder in process, through `sentence-transformers`; the extra of that name brings it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import anyio
import anyio.to_thread
import numpy as np

from graphmem.abc import Reranker
from graphmem.errors import ConfigurationError, MissingExtra, ModelUnavailable

__all__ = ["CrossEncoderReranker", "make_reranker"]

DEFAULT = "cross-encoder/ms-marco-MiniLM-L-6-v2"
"""A small model that most use: 22 million weights."""


def make_reranker(spec: str) -> Reranker:
    """The reranker that `spec` names: `cross-encoder`, or `cross-encoder:MODEL`.

    Raises `ConfigurationError` for another name, `MissingExtra` when the package has to be installed.
    """
    kind, _, model = spec.strip().partition(":")
    if kind != "cross-encoder":
        raise ConfigurationError(
            f"The reranker {spec!r} is not known.",
            hint="Use `cross-encoder` or `cross-encoder:MODEL`.",
            setting="reranker",
        )
    return CrossEncoderReranker(model or DEFAULT)


class CrossEncoderReranker(Reranker):
    """A cross-encoder of https://huggingface.co/models?library=sentence-transformers, or a folder.

    It reads question and text together, and so orders better than vectors, at some ten milliseconds a text. The model
    is loaded on first use, into Hugging Face's cache.
    """

    def __init__(self, model: str = DEFAULT) -> None:
        if find_spec("sentence_transformers") is None:
            raise MissingExtra(
                "Reranking with a cross-encoder needs the package 'sentence_transformers'.",
                hint="pip install 'graphmem[sentence-transformers]'",
                extra="sentence-transformers",
            )
        self.name = model
        self._model: Any = None
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def rerank(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker.rerank`: the model's logits through a sigmoid."""
        return await anyio.to_thread.run_sync(self._scores, query, list(texts), limiter=self._one_at_a_time)

    def _scores(self, query: str, texts: list[str]) -> list[float]:
        if not texts:
            return []
        if self._model is None:
            try:
                self._model = import_module("sentence_transformers").CrossEncoder(self.name)
            except (OSError, ValueError) as error:
                raise ModelUnavailable(
                    f"The reranker {self.name!r} cannot be loaded: {type(error).__name__}.",
                    hint="Check its name, and that it can be downloaded or lies in Hugging Face's cache.",
                    model=self.name,
                ) from error
        logits = np.asarray(self._model.predict([(query, text) for text in texts], activation_fn=_identity))
        return [float(score) for score in 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))]


def _identity(values: Any) -> Any:
    return values
