"""What embedders share whose model runs in this process: loaded once, on first use, worked in one thread."""

from __future__ import annotations

from abc import abstractmethod
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import anyio
import anyio.to_thread
import numpy as np

from graphmem.abc import Embedder
from graphmem.embed.rows import checked_rows, unknown_dimensions
from graphmem.errors import ConfigurationError, MissingExtra, ModelError, ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["LocalEmbedder"]

_BATCH = 64
"""Texts a call to the model: between calls the embedding can be cancelled."""


class LocalEmbedder(Embedder):
    """A model of the package `package`, which the extra `extra` brings.

    One call at a time: such a model uses all cores by itself. Raises `MissingExtra` when the package is missing.
    """

    package: ClassVar[str]
    extra: ClassVar[str]

    def __init__(self, model: str) -> None:
        if find_spec(self.package) is None:
            raise MissingExtra(
                f"The embedder {self.extra!r} needs the package {self.package!r}.",
                hint=f"pip install 'graphmem[{self.extra}]'",
                extra=self.extra,
            )
        self.name = model
        self._dimensions: int | None = None
        self._model: Any = None
        self._one_at_a_time = anyio.CapacityLimiter(1)

    @property
    def fingerprint(self) -> str:
        """`EXTRA:MODEL:DIMENSIONS`; known with the dimensions."""
        return f"{self.extra}:{self.name}:{self.dimensions}"

    @property
    def dimensions(self) -> int:
        """What the model returns. Raises `ConfigurationError` before the first call."""
        if self._dimensions is None:
            raise unknown_dimensions(f"{self.extra}:{self.name}")
        return self._dimensions

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text, with the prefix that the model wants for this kind.

        Raises `ConfigurationError` for a model that the package does not know, `ModelUnavailable` when it cannot be
        loaded, `ModelError` when it fails.
        """
        batches = [list(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        parts = [
            await anyio.to_thread.run_sync(self._work, batch, kind, limiter=self._one_at_a_time) for batch in batches
        ]
        return np.concatenate(parts) if parts else np.empty((0, self._dimensions or 0), dtype=np.float32)

    @abstractmethod
    def load(self, package: Any) -> Any:
        """The model, from disk or from where the package fetches it.

        Raises `ConfigurationError` where the package can tell that there is no such model, else what it raises.
        """

    @abstractmethod
    def vectors(self, model: Any, texts: list[str], kind: Literal["query", "document"]) -> ArrayLike:
        """The model's vectors of the texts."""

    def _work(self, texts: list[str], kind: Literal["query", "document"]) -> NDArray[np.float32]:
        if self._model is None:
            self._model = self._loaded()
        about = {"provider": self.package, "model": self.name}
        try:
            vectors = self.vectors(self._model, texts, kind)
        except Exception as exc:
            raise ModelError(f"The embedding model {self.name!r} of {self.package} failed: {exc}", **about) from exc
        rows = checked_rows(vectors, count=len(texts), dimensions=self._dimensions, **about)
        self._dimensions = rows.shape[1]
        return rows

    def _loaded(self) -> Any:
        try:
            return self.load(import_module(self.package))
        except ConfigurationError:
            raise
        except Exception as exc:
            raise ModelUnavailable(
                f"The embedding model {self.name!r} of {self.package} cannot be loaded: {exc}",
                hint="On its first use it is downloaded: check the network and the model's name.",
                provider=self.package,
                model=self.name,
            ) from exc
