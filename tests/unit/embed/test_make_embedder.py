"""From a name to an embedder."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graphmem.embed import BundledEmbedder, HashingEmbedder, OpenAIEmbedder, make_embedder
from graphmem.errors import ConfigurationError

KEY = "sk-test"
pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("spec", "fingerprint"),
    [
        ("bundled", "wordllama:l2_supercat_256:256"),
        (" Bundled ", "wordllama:l2_supercat_256:256"),
        ("hashing", "hashing:1:64"),
        ("openai", "openai:text-embedding-3-small:1536"),
        ("openai:text-embedding-3-large", "openai:text-embedding-3-large:3072"),
    ],
)
def test_names(spec: str, fingerprint: str) -> None:
    assert make_embedder(spec, api_key=KEY).fingerprint == fingerprint


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("openai:nomic-embed-text@http://localhost:11434/v1", "nomic-embed-text"),
        ("openai:bge-m3:latest@http://localhost:11434/v1", "bge-m3:latest"),
        ("openai:@cf/baai/bge-small@https://host/v1", "@cf/baai/bge-small"),
        ("openai:some/model@https://host/v1", "some/model"),
    ],
)
def test_models_at_an_address(spec: str, model: str) -> None:
    assert make_embedder(spec, dimensions=5).fingerprint == f"openai:{model}:5"


def test_kinds() -> None:
    assert type(make_embedder("bundled")) is BundledEmbedder
    assert type(make_embedder("hashing", dimensions=8)) is HashingEmbedder
    assert type(make_embedder("openai", api_key=KEY)) is OpenAIEmbedder


@pytest.mark.parametrize("spec", ["", "nothing", "open ai", ":", "ollama:nomic-embed-text", "@http://localhost"])
def test_an_unknown_name_lists_the_known_ones(spec: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Unknown embedder.*bundled.*openai.*fastembed") as caught:
        make_embedder(spec)
    assert caught.value.setting == "embedder"


@pytest.mark.parametrize(
    ("spec", "options", "says"),
    [
        ("bundled:l2_supercat", {}, "no models to choose from"),
        ("hashing@http://localhost", {}, "no models to choose from"),
        ("bundled", {"dimensions": 64}, "cannot be chosen"),
        ("openai:model@", {"api_key": KEY}, "base URL of the embedder is empty"),
        ("openai:model@http://", {"api_key": KEY}, "not an http"),
        ("openai:text-embedding-3-small", {}, "need an API key"),
    ],
)
def test_what_does_not_go_together(spec: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        make_embedder(spec, **options)


def test_importing_loads_no_driver() -> None:
    code = """
import sys
import graphmem.embed
graphmem.embed.make_embedder("bundled")
graphmem.embed.make_embedder("openai", api_key="x")
drivers = {"openai", "wordllama", "tokenizers", "requests", "snowballstemmer", "fastembed", "httpx"}
assert not drivers & set(sys.modules), drivers & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
