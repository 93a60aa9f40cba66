"""The embedder that comes along: WordLlama's word vectors, offline, without a key or a download.

A text's vector is the mean of its tokens' (https://github.com/dleemiller/WordLlama, `l2_supercat`, 256 dimensions,
English-centred). Only the package's two data files are used. Its code is not imported: that would reconfigure the root
logger, load an HTTP client, and hold the vectors in memory at twice their size. The vectors are memory-mapped.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio.to_thread
import numpy as np

from graphmem.abc import Embedder
from graphmem.embed.rows import unit_rows
from graphmem.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["BundledEmbedder"]

_MODEL = "l2_supercat_256"
_DIMENSIONS = 256
_WEIGHTS = f"weights/{_MODEL}.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"

_MAX_CHARACTERS = 8192
"""What of a text is embedded: its beginning. The mean of more words says less, not more."""
_INLINE_CHARACTERS = 4000
"""About 3 ms of work. Up to here the event loop does it by itself: a hop to a thread and back costs 0.1 ms, ..."""
_SLICE_CHARACTERS = 16384
"""... beyond, slices of about 10 ms: the tokenizer holds the interpreter lock, so the loop runs between them."""


class BundledEmbedder(Embedder):
    """WordLlama `l2_supercat`, 256 dimensions. Of each text the first 8,192 characters count.

    The model is loaded on first use (about 0.1 s, in a thread) and shared by all instances of the process.
    """

    @property
    def fingerprint(self) -> str:
        """`wordllama:l2_supercat_256:256`."""
        return f"wordllama:{_MODEL}:{_DIMENSIONS}"

    @property
    def dimensions(self) -> int:
        """256."""
        return _DIMENSIONS

    async def embed(
        self, texts: Sequence[str], *, kind: Literal["query", "document"] = "document"
    ) -> NDArray[np.float32]:
        """One row a text, all zero for an empty one; queries and documents alike.

        Raises `ConfigurationError` when the model's files are missing or damaged, `InvalidInput` for lone surrogates.
        """
        model = _Model.shared
        if model is None:
            model = await anyio.to_thread.run_sync(_Model.load)
        texts = [unicodedata.normalize("NFC", text[:_MAX_CHARACTERS]) for text in texts]
        if sum(map(len, texts)) <= _INLINE_CHARACTERS:
            return model.embed(texts)
        parts = [await anyio.to_thread.run_sync(model.embed, part) for part in _slices(texts)]
        return np.concatenate(parts)


class _Model:
    """The loaded model. Immutable, so that threads may share it."""

    shared: _Model | None = None
    _loading = threading.Lock()

    def __init__(self, tokenizer: Tokenizer, vectors: NDArray[np.float16]) -> None:
        self._tokenizer = tokenizer
        self._vectors = vectors

    @classmethod
    def load(cls) -> _Model:
        """The one model of this process."""
        with cls._loading:
            if cls.shared is None:
                cls.shared = _read_model()
            return cls.shared

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            # One by one: a batch would start a thread pool, which does not survive a fork.
            try:
                tokens = self._tokenizer.encode(text, add_special_tokens=False).ids
            except TypeError:
                raise InvalidInput(
                    "The text to embed holds a lone surrogate, which no encoding can carry.",
                    hint="Decode the text again, or replace the characters U+D800 to U+DFFF.",
                ) from None
            if tokens:
                # The sum points where the mean does.
                self._vectors[tokens].sum(axis=0, dtype=np.float32, out=row)
        return unit_rows(rows)


def _slices(texts: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for text in texts:
        if part and size + len(text) > _SLICE_CHARACTERS:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text)
    yield part


def _read_model() -> _Model:
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise _damaged("the package is not installed")
    folder = Path(spec.submodule_search_locations[0])
    from tokenizers import Tokenizer

    try:
        vectors = _map_vectors(folder / _WEIGHTS)
        tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
    except Exception as exc:  # the tokenizer's own errors have no type of their own
        raise _damaged(str(exc)) from exc
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return _Model(tokenizer, vectors)


def _map_vectors(path: Path) -> NDArray[np.float16]:
    """The word vectors as the file holds them, mapped: only the pages of words that occur are ever read.

    Format: 8 bytes of length, a header in JSON, raw data (https://github.com/huggingface/safetensors#format).
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))["embedding.weight"]
    if entry["dtype"] != "F16" or entry["shape"][1] != _DIMENSIONS:
        raise ValueError(f"{path.name} holds {entry['dtype']} {entry['shape']}")
    mapped = np.memmap(
        path, dtype="<f2", mode="r", offset=8 + length + entry["data_offsets"][0], shape=tuple(entry["shape"])
    )
    return np.asarray(mapped)


def _damaged(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The bundled embedding model cannot be loaded: {why}.",
        hint="Install it again: pip install --force-reinstall wordllama==0.4.0.post1",
        setting="embedder",
    )
