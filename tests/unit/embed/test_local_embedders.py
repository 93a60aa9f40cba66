"""Embedders whose model runs in this process.

Their packages are optional and fetch models, so a package of the same shape stands on the path: it notes what it was
given, the way the real ones take it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from graphmem.embed import known_dimensions, make_embedder
from graphmem.embed.prefixes import prefix
from graphmem.errors import ConfigurationError, MissingExtra, ModelAnswerInvalid, ModelError, ModelUnavailable

pytestmark = pytest.mark.anyio

FASTEMBED = """
import threading
loaded, seen, threads = [], [], set()

class TextEmbedding:
    @classmethod
    def list_supported_models(cls):
        return [{"model": "BAAI/bge-small-en-v1.5"}, {"model": "nomic-ai/nomic-embed-text-v1.5"}, {"model": "broken"}]

    def __init__(self, model_name):
        if model_name == "broken":
            raise ValueError("Could not load model broken from any source.")
        loaded.append(model_name)

    def query_embed(self, query, **kwargs):
        yield from self._embed("query", query)

    def passage_embed(self, texts, **kwargs):
        yield from self._embed("passage", texts)

    def _embed(self, kind, texts):
        import numpy
        threads.add(threading.current_thread())
        for text in texts:
            seen.append((kind, text))
            if "explode" in text:
                raise RuntimeError("out of memory")
            yield numpy.array([3.0, 4.0] if "short" in text else [0.0, 0.0, 2.0])
"""

SENTENCE_TRANSFORMERS = """
loaded, seen = [], []

class SentenceTransformer:
    def __init__(self, name):
        if name == "no/such":
            raise OSError("no/such is not a valid model identifier")
        loaded.append(name)
        self.prompts = {"query": "Q: ", "document": ""} if "prompted" in name else {"query": "", "document": ""}

    def encode_query(self, inputs, *, prompt=None, show_progress_bar=None, convert_to_numpy=True):
        return self._encode("query", inputs, prompt)

    def encode_document(self, inputs, *, prompt=None, show_progress_bar=None, convert_to_numpy=True):
        return self._encode("document", inputs, prompt)

    def _encode(self, kind, inputs, prompt):
        import numpy
        seen.extend((kind, (self.prompts[kind] if prompt is None else prompt) + text) for text in inputs)
        return numpy.ones((len(inputs), 4), dtype=numpy.float32)
"""


@pytest.fixture
def package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    name, source = request.param
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    module = __import__(name)
    yield module
    monkeypatch.delitem(sys.modules, name, raising=False)


fastembed = pytest.mark.parametrize("package", [("fastembed", FASTEMBED)], indirect=True)
sentence_transformers = pytest.mark.parametrize(
    "package", [("sentence_transformers", SENTENCE_TRANSFORMERS)], indirect=True
)


@fastembed
async def test_fastembed_loads_once_in_another_thread(package: ModuleType) -> None:
    embedder = make_embedder("fastembed:BAAI/bge-small-en-v1.5")
    assert package.loaded == []
    rows = await embedder.embed([f"text {n}" for n in range(150)])
    await embedder.embed(["Ana"])
    assert rows.shape == (150, 3)
    assert rows[0].tolist() == [0.0, 0.0, 1.0]
    assert package.loaded == ["BAAI/bge-small-en-v1.5"]
    assert embedder.fingerprint == "fastembed:BAAI/bge-small-en-v1.5:3"
    import threading

    assert threading.main_thread() not in package.threads


@fastembed
async def test_fastembed_gets_the_prefixes_that_it_does_not_add(package: ModuleType) -> None:
    embedder = make_embedder("fastembed:nomic-ai/nomic-embed-text-v1.5")
    await embedder.embed(["Ana"], kind="query")
    await embedder.embed(["Ana"])
    assert package.seen == [("query", "search_query: Ana"), ("passage", "search_document: Ana")]


@fastembed
async def test_fastembed_failures(package: ModuleType) -> None:
    with pytest.raises(ConfigurationError, match=r"no embedding model 'none/such'.*bge-small"):
        await make_embedder("fastembed:none/such").embed(["Ana"])
    with pytest.raises(ModelUnavailable, match="cannot be loaded: Could not load model") as caught:
        await make_embedder("fastembed:broken").embed(["Ana"])
    assert (caught.value.provider, caught.value.model) == ("fastembed", "broken")
    embedder = make_embedder("fastembed:BAAI/bge-small-en-v1.5")
    with pytest.raises(ModelError, match="failed: out of memory"):
        await embedder.embed(["explode"])
    await embedder.embed(["Ana"])
    with pytest.raises(ModelAnswerInvalid, match="of 2 dimensions where 3 were expected"):
        await embedder.embed(["short"])


@fastembed
async def test_dimensions_are_learned(package: ModuleType) -> None:
    embedder = make_embedder("fastembed")
    with pytest.raises(ConfigurationError, match="first call"):
        embedder.dimensions  # noqa: B018
    assert (await embedder.embed([])).shape == (0, 0)
    assert await known_dimensions(embedder) == 3
    assert (await embedder.embed([])).shape == (0, 3)


@sentence_transformers
async def test_sentence_transformers_puts_its_own_prompts(package: ModuleType) -> None:
    embedder = make_embedder("sentence-transformers:some/prompted-e5-small")
    rows = await embedder.embed(["Ana"], kind="query")
    await embedder.embed(["Ana"])
    np.testing.assert_allclose(rows, [[0.5] * 4])
    assert package.seen == [("query", "Q: Ana"), ("document", "Ana")]
    assert embedder.fingerprint == "sentence-transformers:some/prompted-e5-small:4"


@sentence_transformers
async def test_sentence_transformers_without_prompts_gets_the_known_prefix(package: ModuleType) -> None:
    embedder = make_embedder("sentence-transformers:intfloat/multilingual-e5-small")
    await embedder.embed(["Ana"], kind="query")
    await embedder.embed(["Ana"])
    plain = make_embedder("sentence-transformers")
    await plain.embed(["Ana"])
    assert package.seen == [("query", "query: Ana"), ("document", "passage: Ana"), ("document", "Ana")]


@sentence_transformers
async def test_sentence_transformers_failures(package: ModuleType) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be loaded: no/such is not a valid model"):
        await make_embedder("sentence-transformers:no/such").embed(["Ana"])


@pytest.mark.parametrize(
    ("spec", "package_name", "extra"),
    [
        ("fastembed:BAAI/bge-small-en-v1.5", "fastembed", "fastembed"),
        ("sentence-transformers:all-MiniLM-L6-v2", "sentence_transformers", "sentence-transformers"),
    ],
)
def test_a_missing_package_is_named(spec: str, package_name: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package_name, None)
    with pytest.raises(MissingExtra, match=f"pip install 'graphmem\\[{extra}\\]'") as caught:
        make_embedder(spec)
    assert caught.value.extra == extra


@pytest.mark.parametrize(
    ("model", "query", "document"),
    [
        ("intfloat/e5-large-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: Given", ""),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: Given", ""),
        ("text-embedding-nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("snowflake/snowflake-arctic-embed-xs", "Represent this", ""),
        ("BAAI/bge-small-en-v1.5", "Represent this", ""),
        ("BAAI/bge-m3", "", ""),
        ("text-embedding-3-small", "", ""),
    ],
)
def test_prefixes(model: str, query: str, document: str) -> None:
    assert prefix(model, "query").startswith(query)
    assert bool(prefix(model, "query")) == bool(query)
    assert prefix(model, "document") == document
