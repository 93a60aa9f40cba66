"""The bundled embedder: the real model, offline."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import anyio
import numpy as np
import pytest

from graphmem.embed.bundled import BundledEmbedder, _Model
from graphmem.errors import InvalidInput

pytestmark = pytest.mark.anyio

SAMPLES = [
    "Ana lives in Porto.",
    "Ana works at Acme.",
    "",
    "Ação em São Paulo",
    "東京に住んでいます",
    "🍕",
    "x",
    "one two three " * 50,
]


async def test_vectors_are_those_of_the_package_itself() -> None:
    """Its own loader, in a process of its own: it reconfigures the root logger."""
    code = """
import json, sys
from pathlib import Path
import wordllama
model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
texts = json.load(sys.stdin)
print(json.dumps([model.embed([text], norm=True)[0].tolist() for text in texts]))
"""
    texts = [text for text in SAMPLES if text]
    done = await anyio.run_process([sys.executable, "-c", code], input=json.dumps(texts).encode())
    np.testing.assert_allclose(await BundledEmbedder().embed(texts), json.loads(done.stdout), atol=1e-5)


async def test_rows_have_unit_length_and_an_empty_text_none() -> None:
    rows = await BundledEmbedder().embed(SAMPLES)
    assert rows.shape == (len(SAMPLES), 256)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1.0 if text else 0.0 for text in SAMPLES], atol=1e-6)


async def test_no_texts_are_no_rows() -> None:
    assert (await BundledEmbedder().embed([])).shape == (0, 256)


def test_fingerprint_and_dimensions_are_known_before_anything_is_loaded() -> None:
    embedder = BundledEmbedder()
    assert embedder.fingerprint == "wordllama:l2_supercat_256:256"
    assert embedder.dimensions == 256


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("Where does Ana live?", "Ana lives in Porto.", "The printer is out of toner."),
        ("favourite food", "He loves pizza and pasta.", "The train leaves at nine."),
        ("car repair", "The mechanic fixed my automobile.", "She sings in a choir."),
        ("birthday", "Ana was born on 5 May 1990.", "Deploy the service to production."),
    ],
)
async def test_what_belongs_together_is_near(query: str, near: str, far: str) -> None:
    rows = await BundledEmbedder().embed([query, near, far], kind="query")
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


async def test_a_text_has_one_vector_whatever_comes_along() -> None:
    """In one batch, alone, in slices in a thread; composed or decomposed."""
    embedder = BundledEmbedder()
    alone = (await embedder.embed(["São Paulo é grande"]))[0]
    many = await embedder.embed(["São Paulo é grande", *(f"Filler number {n} of many." for n in range(2000))])
    np.testing.assert_array_equal(alone, many[0])
    assert many.shape == (2001, 256)
    decomposed = await embedder.embed(["Sa\u0303o Paulo e\u0301 grande"])
    np.testing.assert_array_equal(alone, decomposed[0])


async def test_of_a_long_text_the_beginning_counts() -> None:
    embedder = BundledEmbedder()
    beginning = "Ana lives in Porto. " * 500
    rows = await embedder.embed([beginning[:8192], beginning + "Bob sails. " * 90_000, "Bob sails. " * 90_000])
    np.testing.assert_array_equal(rows[0], rows[1])
    assert rows[0] @ rows[2] < 0.9


async def test_threads_and_tasks_share_one_model() -> None:
    expected = await BundledEmbedder().embed(SAMPLES)
    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(lambda _: _Model.load(), range(16)))
        assert len(set(map(id, models))) == 1
        for rows in pool.map(models[0].embed, [SAMPLES] * 64):
            np.testing.assert_array_equal(rows, expected)
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(BundledEmbedder().embed, SAMPLES * 100)


async def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        await BundledEmbedder().embed(["half \ud83d"])


def test_it_loads_no_package_code_network_or_logging() -> None:
    code = """
import asyncio, logging, socket, sys
def refuse(*_): raise AssertionError("network")
socket.socket.connect = refuse
import graphmem.embed
assert "tokenizers" not in sys.modules
from graphmem.embed import BundledEmbedder
asyncio.run(BundledEmbedder().embed(["Ana"]))
assert not {"wordllama", "requests", "torch", "openai", "safetensors"} & set(sys.modules)
assert not logging.getLogger().handlers
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_model_says_how_to_get_it_back() -> None:
    code = """
import asyncio, sys
sys.modules["wordllama"] = None
from graphmem.embed import BundledEmbedder
from graphmem.errors import ConfigurationError
try:
    asyncio.run(BundledEmbedder().embed(["Ana"]))
except ConfigurationError as error:
    assert "not installed" in str(error) and "pip install" in error.hint
else:
    raise AssertionError
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
